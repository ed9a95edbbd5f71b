"""A function in, an MCP tool out: read-only, closed-world, and refusing arguments it does not know."""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import BaseModel

from shared.errors import ToolFault
from shared.scopes import SCOPE_KEY, ToolScope

TASK_KEY = "zava/task"
"""Where a tool's definition says that a long call of it may become a task: in `_meta`, so that clients see it, too."""

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def read_tool(function: Callable[..., Any], title: str, scope: ToolScope, *, task: bool = False) -> Tool:
    """The function as a tool for tokens with the scope; its name, docstring and annotations are what clients see.

    task: whether a call may go on as a task; then the function minds current_bounds, and where it asks its client, it
    does so by an InputRequiredResult: later rounds have its request_state and the answers, but no request.
    """
    meta = {SCOPE_KEY: scope} | ({TASK_KEY: True} if task else {})
    tool = Tool.from_function(function, title=title, annotations=READ_ONLY, meta=meta, structured_output=True)
    # The SDK drops unknown arguments without a word: `limt=1` would run with the default limit.
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


def result(text: str, structured: BaseModel) -> CallToolResult:
    """Text for the model, the same as data for programs."""
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=structured.model_dump(mode="json")
    )


def failure(fault: ToolFault) -> CallToolResult:
    """A fault as a tool error: the sentence for the model, its parts under _meta for programs."""
    return CallToolResult(
        content=[TextContent(type="text", text=str(fault))], is_error=True, _meta={"zava/error": fault.details()}
    )
