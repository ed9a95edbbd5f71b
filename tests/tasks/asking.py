"""Tools that ask their client in the middle of a task, which none of the product's does."""

import asyncio
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import InputRequest, InputRequiredResult, ListRootsRequest

from shared.tools.definition import TASK_KEY
from tests.conformance.fixtures.content import OPEN
from tests.conformance.fixtures.rounds import answer_of, question

type Answer = str | InputRequiredResult

LONG = OPEN | {TASK_KEY: True}
SHORT_WHILE = 0.02
"""Longer than no grace: what is asked behind it is asked in a task."""


def add_asking(server: MCPServer[Any]) -> None:
    """All of them."""

    @server.tool(meta=LONG, description="Asks for two names, then for one more")
    async def greet_three(ctx: Context[Any, Any]) -> Answer:
        await asyncio.sleep(SHORT_WHILE)
        name = question("Who?", "name", "string")
        first, second = answer_of(ctx, "first"), answer_of(ctx, "second")
        if first and second:
            state = f"Hello {first['name']}, {second['name']}"
            return InputRequiredResult(input_requests={"first": name}, request_state=state)
        if first and ctx.request_state:
            return f"{ctx.request_state} and {first['name']}"
        return InputRequiredResult(input_requests={"first": name, "second": name})

    @server.tool(meta=LONG, description="Asks at once, and again when it has worked")
    async def ask_early_and_late(ctx: Context[Any, Any], seconds: float = SHORT_WHILE) -> Answer:
        early, late = answer_of(ctx, "early"), answer_of(ctx, "late")
        if early is None and late is None:
            return InputRequiredResult(input_requests={"early": question("Early?", "name", "string")})
        await asyncio.sleep(seconds)
        if early is not None:
            requests: dict[str, InputRequest] = {"late": question("Late?", "name", "string")}
            return InputRequiredResult(input_requests=requests, request_state=early["name"])
        return f"{ctx.request_state}, {late and late['name']}"

    @server.tool(meta=LONG, description="Asks, and takes its time with the answer")
    async def answer_after(ctx: Context[Any, Any], seconds: float) -> Answer:
        if (answer := answer_of(ctx, "name")) is None:
            await asyncio.sleep(SHORT_WHILE)
            return InputRequiredResult(input_requests={"name": question("Who?", "name", "string")})
        await asyncio.sleep(seconds)
        return str(answer["name"])

    @server.tool(meta=LONG, description="Never has enough")
    async def ask_for_ever() -> Answer:
        await asyncio.sleep(SHORT_WHILE)
        requests: dict[str, InputRequest] = {"roots": ListRootsRequest()}
        return InputRequiredResult(input_requests=requests)

    @server.tool(meta=LONG, description="Asks for so much at once")
    async def ask_much(requests: int, characters: int, state: int) -> Answer:
        await asyncio.sleep(SHORT_WHILE)
        one = question("?" * characters, "name", "string")
        return InputRequiredResult(
            input_requests={f"q{number}": one for number in range(requests)}, request_state="s" * state
        )
