"""Whether tenants are isolated, for administrators."""

from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.administrators import require_administrator
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.tools.definition import read_tool, result


class CheckOutcome(BaseModel):
    """One thing that was to be proven."""

    name: str
    holds: bool
    detail: str = Field(description="What holds; where it does not, what is wrong and what to do")


class Proof(BaseModel):
    """The outcome of all checks."""

    holds: bool = Field(description="False: the server gives no rows to anybody until it holds again")
    checked_at: str = Field(description="ISO 8601 date and time, UTC")
    duration_ms: int
    checks: list[CheckOutcome]


def isolation_tools(invocations: Invocations) -> list[Tool]:
    """The tools of this subject. They answer also while the proof fails and every other tool refuses."""
    door = invocations.without_proof()

    async def prove_isolation() -> Annotated[CallToolResult, Proof]:
        """Prove now that tenants are isolated: rights, policies, functions, and contexts that must see nothing.

        For administrators (super_admin) only.
        """
        await require_administrator(door, current_caller.get())
        proof = Proof.model_validate((await invocations.isolation.renewed()).report())
        return result(_as_text(proof), proof)

    return [read_tool(prove_isolation, "Prove isolation", "admin", icon="shield")]


def _as_text(proof: Proof) -> str:
    lines = [f"Isolation {'is proven' if proof.holds else 'is NOT proven'} ({proof.checked_at})."]
    return "\n".join(
        [*lines, *(f"{'✓' if check.holds else '✗'} {check.name}: {check.detail}" for check in proof.checks)]
    )
