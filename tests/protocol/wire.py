"""JSON-RPC by hand in both eras, for what no client sends, and answers as they come over the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx2

from tests.protocol.requests import ACCEPT

type Revision = Literal["2026-07-28", "2025-11-25"]
MODERN: Revision = "2026-07-28"
REVISIONS: tuple[Revision, Revision] = (MODERN, "2025-11-25")
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


@dataclass(frozen=True)
class Answer:
    """The response to one request, with what was notified before it."""

    response: httpx2.Response
    messages: list[dict[str, Any]]

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = self.messages[-1]["result"]
        return found

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.messages[-1]["error"]
        return found


class Wire:
    """One caller of one server, speaking one revision."""

    def __init__(self, http: httpx2.Client, authorization: dict[str, str], revision: Revision) -> None:
        self.revision = revision
        self._http = http
        self._authorization = authorization

    def ask(self, method: str, params: Mapping[str, Any] | None = None, /, **changed: str | None) -> Answer:
        """One request; header names with underscores change or, with None, take away what would be sent."""
        return self.send(self.body(method, params), **(self.headers(method, params) | changed))

    def body(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        given = dict(params or {})
        if self.revision == MODERN:
            envelope: dict[str, Any] = {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
            }
            given["_meta"] = envelope | given.get("_meta", {})
        return {"jsonrpc": "2.0", "id": 7, "method": method, "params": given}

    def headers(self, method: str, params: Mapping[str, Any] | None = None) -> dict[str, str | None]:
        headers: dict[str, str | None] = {"mcp_protocol_version": self.revision}
        if self.revision == MODERN:
            name = (params or {}).get(NAMED.get(method, ""))
            headers |= {"mcp_method": method, "mcp_name": name if isinstance(name, str) else None}
        return headers

    def send(self, body: Any, /, **changed: str | None) -> Answer:
        """Whatever it is: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in changed.items()}
        headers = {"content-type": "application/json", **ACCEPT, **self._authorization, **named}
        sent = {name: value for name, value in headers.items() if value is not None}
        response = self._http.post("/mcp", content=content, headers=sent)
        return Answer(response, _messages(response))


def _messages(response: httpx2.Response) -> list[dict[str, Any]]:
    kind = response.headers.get("content-type", "")
    if kind.startswith("text/event-stream"):
        lines = [line.removeprefix("data:") for line in response.text.splitlines() if line.startswith("data:")]
        return [json.loads(line) for line in lines if line.strip()]
    return [response.json()] if kind.startswith("application/json") and response.content else []
