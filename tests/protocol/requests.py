"""JSON-RPC by hand, for what no client sends."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import httpx2

type Era = Literal["auto", "legacy"]

_META = "io.modelcontextprotocol/"
ERAS: tuple[Era, Era] = ("auto", "legacy")
ACCEPT = {"accept": "application/json, text/event-stream"}


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """A tools/call as a client of the 2025 revisions sends it."""
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


COUNT = call("execute_sales_query", postgresql_query="SELECT count(*) FROM retail.orders")


@dataclass(frozen=True)
class Request:
    """What is posted to the endpoint, but for the token."""

    headers: dict[str, str]
    body: dict[str, Any]


def request(era: Era, method: str, **params: Any) -> Request:
    """The request as a client of the era sends it: "auto" is 2026-07-28, "legacy" 2025-11-25."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    if era == "legacy":
        return Request({**ACCEPT, "mcp-protocol-version": "2025-11-25"}, body)
    body["params"] = params | {"_meta": {f"{_META}protocolVersion": "2026-07-28", f"{_META}clientCapabilities": {}}}
    named = {"mcp-name": params["name"]} if "name" in params else {}
    return Request({**ACCEPT, "mcp-protocol-version": "2026-07-28", "mcp-method": method, **named}, body)


def answer_of(response: httpx2.Response) -> dict[str, Any]:
    """The JSON-RPC message of a reply, plain or as the one event of a stream."""
    text = response.text
    if response.headers["content-type"].startswith("text/event-stream"):
        text = next(line.removeprefix("data:") for line in text.splitlines() if line.startswith("data:"))
    message: dict[str, Any] = json.loads(text)
    return message
