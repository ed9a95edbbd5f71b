"""An embedding service that speaks OpenAI's protocol, with vectors that tests can foretell and every way to fail."""

import base64
import hashlib
import json
import math
import re
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from local.asgi_server import serving

KEY = "sk-hunter2"
MODELS = ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")
DIMENSIONS = 1536
MAX_TEXTS = 2048
MAX_TEXT_TOKENS, MAX_REQUEST_TOKENS = 8191, 300_000
INDICES_OF_A_WORD = struct.Struct("<32H")

type Answer = dict[str, Any]
type Fault = Callable[[Answer], ASGIApp]
"""What is said in place of a good answer, which it gets."""


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    authorization: str
    body: Mapping[str, Any]

    @property
    def texts(self) -> list[str]:
        return list(self.body["input"])


class OpenAIService:
    """Tests write `keys`, `faults` (one for each request) and `fault` (for every one), and read `requests`."""

    def __init__(self) -> None:
        self.base_url = ""
        self.reset()
        routes = [Route(f"{prefix}/v1/embeddings", self._embeddings, methods=["POST"]) for prefix in ("", "/openai")]
        self.app = Starlette(routes=routes)

    def reset(self) -> None:
        """As good as new."""
        self.keys = {KEY}
        self.faults: deque[Fault] = deque()
        self.fault: Fault | None = None
        self.requests: list[Asked] = []

    async def _embeddings(self, request: Request) -> ASGIApp:
        asked = Asked(request.headers.get("authorization", ""), json.loads(await request.body()))
        self.requests.append(asked)
        if asked.authorization.removeprefix("Bearer ") not in self.keys:
            return _error(401, f"Incorrect API key provided: {asked.authorization}.")
        if refusal := _refusal(asked.body):
            return refusal
        fault = self.faults.popleft() if self.faults else self.fault
        answer = _answer(asked)
        return fault(answer) if fault else JSONResponse(answer)


@contextmanager
def running_service() -> Iterator[OpenAIService]:
    """A service on a port of its own."""
    service = OpenAIService()
    with serving(service.app) as url:
        service.base_url = f"{url}/v1"
        yield service


def vector_of(text: str, model: str) -> list[float]:
    """Of unit length, a function of its arguments; texts with words in common are similar."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()) or [text]:
        digest = hashlib.sha512(f"{model} {word}".encode()).digest()
        for number in INDICES_OF_A_WORD.unpack(digest):
            vector[number % DIMENSIONS] += 1 if number & 0x8000 else -1
    length = math.hypot(*vector)
    return [number / length for number in vector]


def encoded(vector: list[float]) -> str:
    """As an answer carries it."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def status(code: int, **headers: str) -> Fault:
    """An error of the service, which quotes what it was asked; underscores in names of headers are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda answer: _error(code, f"It is about {answer['texts']}.", named)


def changed(change: Callable[[Answer], object]) -> Fault:
    """A good answer, but for what is changed in it."""

    def fault(answer: Answer) -> ASGIApp:
        change(answer)
        return Response(json.dumps(answer), media_type="application/json")  # unlike JSONResponse with NaN, if need be

    return fault


def every_vector(vector: list[float]) -> Fault:
    """An answer with another vector for each text."""
    return changed(lambda answer: [entry.update(embedding=encoded(vector)) for entry in answer["data"]])


def page(_: Answer) -> ASGIApp:
    """What a proxy says, and calls it a success."""
    return HTMLResponse("<html><body>Sign in</body></html>")


def body(text: str) -> Fault:
    """Another JSON, or what is called so."""
    return lambda _: Response(text, media_type="application/json")


def half(answer: Answer) -> ASGIApp:
    """The first half of the JSON, as if it were all."""
    text = json.dumps(answer)
    return body(text[: len(text) // 2])(answer)


def cut_off(answer: Answer) -> ASGIApp:
    """Ends the connection in the middle of the body."""
    return _Unfinished(json.dumps(answer).encode(), hanging=False)


def slow_body(answer: Answer) -> ASGIApp:
    """Begins to answer, and never ends."""
    return _Unfinished(json.dumps(answer).encode(), hanging=True)


def hanging(_: Answer) -> ASGIApp:
    """Never answers."""
    return _until_disconnected


class _Unfinished:
    def __init__(self, body: bytes, *, hanging: bool) -> None:
        self._body = body
        self._hanging = hanging

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self._body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body[: len(self._body) // 2], "more_body": True})
        if self._hanging:
            await _until_disconnected(scope, receive, send)


async def _until_disconnected(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _answer(asked: Asked) -> Answer:
    model = asked.body["model"]
    as_text = asked.body.get("encoding_format") == "base64"
    vectors = [vector_of(text, model) for text in asked.texts]
    data = [
        {"object": "embedding", "index": index, "embedding": encoded(vector) if as_text else vector}
        for index, vector in enumerate(vectors)
    ]
    # In another order than that of the texts: nothing but `index` says which is whose.
    answer = {"object": "list", "model": model, "data": data[::-1], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    return answer | {"texts": asked.texts}  # which OpenAI does not repeat, but an error may


def _refusal(body: Mapping[str, Any]) -> Response | None:
    """What the service will not take. Its tokens are bytes, the most that a text can have."""
    lengths = [len(text.encode()) for text in body["input"]]
    if body["model"] not in MODELS:
        return _error(404, "The model does not exist.")
    if not 0 < len(lengths) <= MAX_TEXTS or not all(lengths):
        return _error(400, "'$.input' is invalid.")
    if max(lengths) > MAX_TEXT_TOKENS or sum(lengths) > MAX_REQUEST_TOKENS:
        return _error(400, "This model's maximum context length is 8192 tokens.")
    if body.get("dimensions", DIMENSIONS) != DIMENSIONS or (body["model"] == MODELS[-1] and "dimensions" in body):
        return _error(400, "This model does not support specifying dimensions.")
    return None


def _error(code: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    error = {"message": message, "type": "error", "param": None, "code": str(code)}
    return JSONResponse({"error": error}, code, headers)
