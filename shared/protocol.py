"""What the specification asks of a server and the SDK leaves open: which wrong calls are whose mistake."""

from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    GetPromptResult,
    InputRequiredResult,
    InputResponseRequestParams,
    Tool,
)
from pydantic import ValidationError

from shared.errors import InsufficientScope, ToolFault, ValidationFault
from shared.identity import current_caller
from shared.scopes import Described, permits, require_scope
from shared.tools.definition import failure


class ZavaServer(MCPServer[Any]):
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
                    return failure(_argument_fault(invalid))
            raise

    async def call_again(
        self, name: str, arguments: dict[str, Any], params: InputResponseRequestParams
    ) -> CallToolResult | InputRequiredResult:
        """A call whose request is gone, with what its client was asked meanwhile."""
        return await self.call_tool(name, arguments, Context(mcp_server=self, input_params=params))

    async def list_tools(self) -> list[Tool]:
        """The tools that the caller's token permits."""
        return [tool for tool in await super().list_tools() if permits(current_caller.get().scopes, tool)]

    def tool_named(self, name: str) -> Described | None:
        """Any tool of the server, whoever asks. The public list would be built anew for each of a call's questions."""
        return self._tool_manager.get_tool(name)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Unknown prompts and wrong arguments are the client's mistake; the SDK reports them as the server's."""
        prompt = next((prompt for prompt in await self.list_prompts() if prompt.name == name), None)
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"Unknown prompt: {name}")
        taken = prompt.arguments or []
        given = set(arguments or {})
        if missing := [argument.name for argument in taken if argument.required and argument.name not in given]:
            raise MCPError(INVALID_PARAMS, f"Missing arguments of prompt {name}: {', '.join(missing)}")
        if unknown := sorted(given - {argument.name for argument in taken}):
            raise MCPError(INVALID_PARAMS, f"Unknown arguments of prompt {name}: {', '.join(unknown)}")
        return await super().get_prompt(name, arguments, context)


def _argument_fault(invalid: ValidationError) -> ValidationFault:
    """Which arguments were wrong and how; never their values, which may be long or private."""
    problems = [
        f"{'.'.join(str(part) for part in error['loc']) or 'arguments'}: {error['msg']}"
        for error in invalid.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ValidationFault(f"{'; '.join(problems)}.", "Compare with the tool's input schema and call again.")
