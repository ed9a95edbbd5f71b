"""A function in, an MCP tool out: read-only, closed-world, and refusing arguments it does not know."""

from collections.abc import Callable
from inspect import getdoc
from typing import Any

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult, ResourceLink, TextContent, ToolAnnotations
from pydantic import BaseModel

from shared.chart_page import CHART_URI
from shared.errors import ToolFault
from shared.icons import icons
from shared.identity.scopes import ToolScope, scope_meta
from shared.tools.query_result import QueryResult

TASK_KEY = "zava/task"
"""Where a tool's definition says that a long call of it may become a task: in `_meta`, so that clients see it, too."""

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def read_tool(
    function: Callable[..., Any],
    title: str,
    scope: ToolScope,
    *,
    icon: str = "zava",
    task: bool = False,
    chart: bool = False,
) -> Tool:
    """The function as a tool for tokens with the scope; its name, docstring and annotations are what clients see.

    icon: a drawing of pages/icons/.
    task: whether a call may go on as a task; then the function minds current_bounds, and where it asks its client, it
    does so by an InputRequiredResult: later rounds have its request_state and the answers, but no request.
    chart: whether clients may draw its result, which then has columns and rows as QueryResult has.
    """
    meta: dict[str, Any] = {**scope_meta(scope)}
    if task:
        meta[TASK_KEY] = True
    if chart:
        meta["ui"] = {"resourceUri": CHART_URI}
    tool = Tool.from_function(
        function,
        title=title,
        description=getdoc(function),
        annotations=READ_ONLY.model_copy(update={"title": title}),
        icons=icons(icon),
        meta=meta,
        structured_output=True,
    )
    # The SDK drops unknown arguments without a word: `limt=1` would run with the default limit.
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = _lean(arguments.model_json_schema(by_alias=True))
    tool.fn_metadata.output_schema = _merged(_lean(tool.fn_metadata.output_schema))
    return tool


def in_words(tool: Tool, description: str | None = None, /, **arguments: str) -> Tool:
    """The same tool described for another domain; arguments: of some, what is told of them."""
    told = {**tool.parameters, "properties": dict(tool.parameters["properties"])}
    for name, words in arguments.items():
        told["properties"][name] = {**told["properties"][name], "description": words}
    return tool.model_copy(update={"description": description or tool.description, "parameters": told})


def _lean(schema: Any) -> Any:
    """A schema without what pydantic makes of names and docstrings: every question to a model carries all tools."""
    if isinstance(schema, list):
        return [_lean(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {"title", "description"} if "properties" in schema else {"title"}
    # A property, too, may be called title; then what it holds is no text.
    return {key: _lean(part) for key, part in schema.items() if key not in made or not isinstance(part, str)}


def _merged(schema: Any) -> Any:
    """A schema whose choices between plain types are lists of types; of results only, for not all models read those."""
    if isinstance(schema, list):
        return [_merged(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    choices = schema.get("anyOf", [])
    if choices and all(choice.keys() == {"type"} for choice in choices):
        schema = {"type": [choice["type"] for choice in choices]} | {k: v for k, v in schema.items() if k != "anyOf"}
    return {key: _merged(part) for key, part in schema.items()}


def result(text: str, structured: BaseModel, *links: ResourceLink) -> CallToolResult:
    """Text for the model, the same as data for programs, and where there is more of it."""
    data = structured.data() if isinstance(structured, QueryResult) else structured.model_dump(mode="json")
    return CallToolResult(content=[TextContent(type="text", text=text), *links], structured_content=data)


def failure(fault: ToolFault) -> CallToolResult:
    """A fault as a tool error: the sentence for the model, its parts under _meta for programs."""
    return CallToolResult(
        content=[TextContent(type="text", text=str(fault))], is_error=True, _meta={"zava/error": fault.details()}
    )
