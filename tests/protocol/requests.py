"""JSON-RPC by hand, for what no client sends."""

from typing import Any, Literal

type Era = Literal["auto", "legacy"]

ERAS: tuple[Era, Era] = ("auto", "legacy")
ACCEPT = {"accept": "application/json, text/event-stream"}


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """A tools/call as a client of the 2025 revisions sends it."""
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


COUNT = call("execute_sales_query", postgresql_query="SELECT count(*) FROM retail.orders")
