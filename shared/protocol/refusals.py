"""A fault as a protocol error, for what has no result to say it in: prompts, resources, completions."""

from mcp import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS

from shared.errors import AuthorizationFault, ToolFault, ValidationFault


def refusal(fault: ToolFault) -> MCPError:
    """The sentence for people, its parts in the error's data for programs; the client's mistake where it is one."""
    code = INVALID_PARAMS if isinstance(fault, ValidationFault | AuthorizationFault) else INTERNAL_ERROR
    return MCPError(code, str(fault), {"zava/error": fault.details()})
