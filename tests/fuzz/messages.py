"""JSON-RPC bodies: requests that the server knows, whole, changed, or broken as text."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.sql import statements
from tests.fuzz.values import texts, values

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "fuzz", "version": "1"},
}
HANDSHAKE = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "fuzz", "version": "1"}}
PARAMS: Mapping[str, dict[str, Any]] = {
    "initialize": HANDSHAKE,
    "server/discover": {},
    "ping": {},
    "tools/list": {},
    "tools/list ": {},
    "prompts/list": {"cursor": "MQ=="},
    "prompts/get": {"name": "weekly_store_review", "arguments": {"store": "kirkland", "week": "2025-W46"}},
    "resources/list": {},
    "resources/templates/list": {},
    "resources/read": {"uri": "zava://schema/retail.orders"},
    "resources/subscribe": {"uri": "ui://zava/none"},
    "completion/complete": {
        "ref": {"type": "ref/prompt", "name": "inventory_check"},
        "argument": {"name": "store", "value": "k"},
    },
    "logging/setLevel": {"level": "debug"},
    "tasks/get": {"taskId": "1"},
    "subscriptions/listen": {"notifications": {}},
    "notifications/initialized": {},
    "notifications/cancelled": {"requestId": 1},
}
type Tools = Mapping[str, dict[str, Any]]
"""Name → input schema."""


def arguments_of(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments that mostly fit the schema of a tool."""
    fitting = {name: _fitting(name, part, schema) for name, part in schema["properties"].items()}
    wrong = st.dictionaries(st.one_of(st.sampled_from([*fitting, "limt"]), texts), values, max_size=2)
    return st.builds(dict[str, Any].__or__, st.fixed_dictionaries(fitting), st.one_of(st.just({}), st.just({}), wrong))


def _fitting(name: str, part: dict[str, Any], schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if name == "postgresql_query":
        return statements
    if name == "cursor":  # one that is made up is refused, and the call with it
        return st.one_of(*[st.none()] * 8, texts)
    part = schema["$defs"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part
    match part:
        case {"enum": choices}:
            return st.sampled_from(choices)
        case {"type": "integer"}:
            return st.integers(part.get("minimum"), part.get("maximum"))
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "null"}:
            return st.none()
        case {"anyOf": forms}:
            return st.one_of(*(_fitting("", form, schema) for form in forms))
        case {"type": "array", "items": items}:
            return st.lists(_fitting("", items, schema), min_size=1, max_size=3)
        case _:
            return values


def calls(tools: Tools) -> st.SearchStrategy[dict[str, Any]]:
    """tools/call, of the product's own tools mostly."""

    def call(name: str) -> st.SearchStrategy[dict[str, Any]]:
        given = arguments_of(tools[name]) if name in tools else values
        return st.fixed_dictionaries({"name": st.just(name), "arguments": given})

    names = st.sampled_from([*sorted(tools), *["execute_sales_query"] * 8])
    return st.one_of(names, names, names, names, texts).flatmap(call)


@st.composite
def messages(draw: st.DrawFn, tools: Tools) -> dict[str, Any]:
    """A request of one of the two eras."""
    method = draw(st.one_of(*[st.just("tools/call")] * 3, st.sampled_from(sorted(PARAMS))))
    params = draw(calls(tools)) if method == "tools/call" else dict(PARAMS[method])
    if draw(st.booleans()):
        params["_meta"] = dict(META)
    message = {
        "jsonrpc": "2.0",
        "id": draw(st.sampled_from([1, 0, "a", -5, 2**60])),
        "method": method,
        "params": params,
    }
    if method.startswith("notifications/"):
        del message["id"]
    return message


@st.composite
def changed(draw: st.DrawFn, message: Any) -> Any:
    """The message with one value somewhere in it replaced, removed or added."""
    path, here = [], message
    while isinstance(here, dict | list) and here and draw(st.sampled_from([True, True, False])):
        key = draw(st.sampled_from(list(here) if isinstance(here, dict) else range(len(here))))
        path.append(key)
        here = here[key]
    return _replaced(message, path, draw(st.sampled_from(["replace", "remove", "add"])), draw(values), draw(texts))


def _replaced(node: Any, path: list[Any], how: str, value: Any, name: str) -> Any:
    if not path:
        return node | {name: value} if how == "add" and isinstance(node, dict) else value
    copy = node.copy()
    if len(path) == 1 and how == "remove":
        del copy[path[0]]
    else:
        copy[path[0]] = _replaced(node[path[0]], path[1:], how, value, name)
    return copy


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda body: b"",
    lambda body: body[: len(body) // 2],
    lambda body: body + b"}",
    lambda body: body + body,
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.decode(errors="replace").encode("utf-16"),
    lambda body: body.replace(b'"method"', b'"m\xff\xfethod"'),
    lambda body: body.replace(b'"2.0"', b'"\xed\xa0\x80"'),
    lambda body: body.replace(b'"params"', b'"params": {}, "params"', 1),
    lambda body: body.replace(b'"id"', b'"id": 7, "id"', 1),
    lambda body: body.replace(b'"id": 1', b'"id": 1' + b"0" * 5000),
    lambda body: body.replace(b": ", b": -", 1),
    lambda body: b"[" * 50_000,
    lambda body: b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    lambda body: b" " * 10_000 + body,
    lambda body: body.replace(b'"', b"'"),
    lambda body: b"\x00" + body,
)


WAYS = st.sampled_from(["whole"] * 5 + ["changed", "twice", "batch", "damaged"])


@st.composite
def bodies(draw: st.DrawFn, message: dict[str, Any]) -> bytes:
    """The message as it is, changed, in a batch, or damaged as text."""
    how = draw(WAYS)
    content: Any = message
    if how in ("changed", "twice"):
        content = draw(changed(message))
    if how == "twice":
        content = draw(changed(content))
    if how == "batch":
        content = [message, draw(st.one_of(st.just(message), values))]
    body = json.dumps(content, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
    return draw(st.sampled_from(DAMAGES))(body) if how == "damaged" else body
