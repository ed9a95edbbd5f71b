"""What the specification asks of a server and the SDK leaves open: which wrong calls are whose mistake."""

import logging
from collections.abc import Iterable
from typing import Any

from mcp import MCPError
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    InputResponseRequestParams,
    TextContent,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import AnyUrl, ValidationError

from shared.errors import InsufficientScope, ToolFault, ValidationFault
from shared.identity.caller import current_caller
from shared.identity.scopes import require_scope
from shared.protocol.offers import Offers
from shared.protocol.refusals import refusal
from shared.tools.definition import failure

log = logging.getLogger(__name__)

NO_SUCH_RESOURCE = -32002
"""Before 2026-07-28, which retired it."""


class ZavaServer(Offers):
    """The SDK's server with the answers to wrong calls that the specification and the tools promise."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Unknown tools are protocol errors; faults and wrong arguments are results that the model can act on."""
        if (tool := self.tool_named(name)) is None:
            raise MCPError(INVALID_PARAMS, f"Unknown tool: {name}")
        try:
            require_scope(current_caller.get().scopes, tool)
            return await super().call_tool(name, arguments, context)
        except InsufficientScope as refusal:
            return failure(refusal)
        except ToolError as error:
            match error.__cause__:
                case ToolFault() as fault:
                    return failure(fault)
                case ValidationError() as invalid:
                    return failure(_argument_fault(invalid, "Compare with the tool's input schema and call again."))
            raise

    async def answer_to(self, name: str, arguments: dict[str, Any]) -> CallToolResult | InputRequiredResult:
        """A call outside the SDK's session. What a tool did not foresee is told as the SDK does: without its text."""
        try:
            return await self.call_tool(name, arguments, Context(mcp_server=self))
        except ToolError as error:
            log.exception("the tool %s failed", name)
            return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)

    async def call_again(
        self, name: str, arguments: dict[str, Any], params: InputResponseRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """A call whose request is gone, with what its client was asked meanwhile."""
        return await self.call_tool(name, arguments, Context(mcp_server=self, input_params=params))

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Unknown prompts and wrong arguments are the client's mistake; the SDK reports them as the server's."""
        if (prompt := self.prompt_named(name)) is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {name}")
        taken = prompt.arguments or []
        given = set(arguments or {})
        if missing := [argument.name for argument in taken if argument.required and argument.name not in given]:
            raise MCPError(INVALID_PARAMS, f"Missing arguments of prompt {name}: {', '.join(missing)}")
        if unknown := sorted(given - {argument.name for argument in taken}):
            raise MCPError(INVALID_PARAMS, f"Unknown arguments of prompt {name}: {', '.join(unknown)}")
        try:
            require_scope(current_caller.get().scopes, prompt)
            return await super().get_prompt(name, arguments, context)
        except InsufficientScope as fault:
            raise refusal(fault) from fault
        except ValueError as error:
            if (behind := _fault_behind(error)) is None:
                raise
            raise refusal(behind) from error

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Unknown resources are an error of each era's own code; faults are errors with their sentence."""
        try:
            if (resource := self.described("resource", str(uri))) is not None:
                require_scope(current_caller.get().scopes, resource)
            return await super().read_resource(uri, context)
        except InsufficientScope as fault:
            raise refusal(fault) from fault
        except ResourceNotFoundError as error:
            modern = context is None or context.protocol_version in MODERN_PROTOCOL_VERSIONS
            code = INVALID_PARAMS if modern else NO_SUCH_RESOURCE
            raise MCPError(code, str(error), {"uri": str(uri)}) from error
        except ResourceError as error:
            if isinstance(error.__cause__, ToolFault):
                raise refusal(error.__cause__) from error
            raise


def _fault_behind(error: BaseException) -> ToolFault | None:
    """What a prompt's function, or the check of its arguments, raised."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return _argument_fault(cause, "Compare with the prompt's arguments and ask again.")
    return cause if cause is None or isinstance(cause, ToolFault) else _fault_behind(cause)


def _argument_fault(invalid: ValidationError, remedy: str) -> ValidationFault:
    """Which arguments were wrong and how; never their values, which may be long or private."""
    problems = [
        f"{'.'.join(str(part) for part in error['loc']) or 'arguments'}: {error['msg']}"
        for error in invalid.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ValidationFault(f"{'; '.join(problems)}.", remedy)
