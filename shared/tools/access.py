"""Who the caller is and what it may see."""

from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.database.queries import named_queries
from shared.identity.caller import current_caller
from shared.invocation import Answer, Invocations
from shared.tools.definition import read_tool, result
from shared.tools.sales import DEFAULT_ROWS, MAX_QUERY_CHARACTERS, MAX_ROWS

STATEMENT_SECONDS = 20
"""statement_timeout of zava_app in sql/roles.sql."""
MAX_STORES = 10_000


class VisibleStore(BaseModel):
    """A store whose rows the caller may see."""

    store_id: int
    store_name: str
    rls_user_id: str = Field(description="Send as header x-rls-user-id to narrow a call to this store")
    is_online: bool


class Limits(BaseModel):
    """What one call may use."""

    default_rows: int = DEFAULT_ROWS
    max_rows: int = MAX_ROWS
    max_query_characters: int = MAX_QUERY_CHARACTERS
    statement_seconds: int = STATEMENT_SECONDS


class Access(BaseModel):
    """The caller as the database knows it."""

    display_name: str | None = Field(description="Name of the principal, null when it is not registered")
    role: str | None = Field(description="store_manager, regional_manager, super_admin, or null")
    sees_contacts: bool = Field(description="Whether encrypted e-mail and phone of your customers are shown to you")
    stores: list[VisibleStore]
    limits: Limits


def access_tools(invocations: Invocations) -> list[Tool]:
    """The tools of this subject."""

    async def describe_access() -> Annotated[CallToolResult, Access]:
        """Tell who you are to the database, which stores' rows you see, and the limits of one call."""
        statement = named_queries("access")["describe_access"]
        answer = await invocations.read(current_caller.get(), statement, max_rows=MAX_STORES)
        access = _access(answer)
        return result(_as_text(access), access)

    return [read_tool(describe_access, "Who am I", "catalog.read", icon="access")]


def _access(answer: Answer) -> Access:
    records = answer.records()
    stores = [VisibleStore.model_validate(record) for record in records if record["store_id"] is not None]
    first = records[0] if records else {"display_name": None, "role": None, "sees_contacts": False}
    known = {name: first[name] for name in ("display_name", "role", "sees_contacts")}
    return Access.model_validate({**known, "stores": stores, "limits": Limits()})


def _as_text(access: Access) -> str:
    if access.role is None:
        return "You are not registered here and see no rows. Ask an administrator for a grant."
    names = ", ".join(f"{store.store_name} ({store.store_id})" for store in access.stores) or "none"
    limits = f"at most {access.limits.max_rows} rows and {access.limits.statement_seconds} seconds a query"
    contacts = "shown" if access.sees_contacts else "hidden"
    who = f"You are {access.display_name} ({access.role})"
    return f"{who}. Stores: {names}. Encrypted e-mail and phone: {contacts}. Limits: {limits}."
