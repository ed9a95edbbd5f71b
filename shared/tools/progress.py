"""Signs of life: who waits for a long call and asked for progress hears every second that it goes on.

Functions sends a reply when it is complete, so there the signs arrive with the result.
"""

import asyncio
from collections.abc import Awaitable
from itertools import count
from typing import Any

from mcp.server.mcpserver import Context
from mcp.shared.jsonrpc_dispatcher import progress_token_from_params

SECONDS = 1


async def showing_progress[T](ctx: Context[Any, Any], work: Awaitable[T]) -> T:
    """What the work gives."""
    # A call without a revision is outside of a request (ZavaServer), so nobody can be told.
    if ctx.protocol_version is None or progress_token_from_params(ctx.request_context.params) is None:
        return await work
    telling = asyncio.create_task(_tell(ctx))
    try:
        return await work
    finally:
        telling.cancel()


async def _tell(ctx: Context[Any, Any]) -> None:
    for seconds in count(SECONDS, SECONDS):
        await asyncio.sleep(SECONDS)
        await ctx.report_progress(seconds, message=f"The query has been running for {seconds} s.")
