"""OpenAI's `POST /v1/embeddings` on a laptop, answered by a model on its own CPU.

`python -m local.embedding_service --state DIR --port N` takes the secret openai-api-key of the state folder as its key.
"""

import base64
import hmac
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.embedding_model import MODEL
from local.minilm import MiniLM, TextTooLong
from local.service_process import run_service
from local.state import StateFolder

DIMENSIONS = 1536
MOST_TEXTS = 2048
MOST_BYTES = 8 * 1024 * 1024


def _listed(one_or_many: object) -> object:
    return [one_or_many] if isinstance(one_or_many, str) else one_or_many


class Asked(BaseModel):
    """The body of a request. Tokens in place of texts are not taken: they would be another model's."""

    input: Annotated[
        list[Annotated[str, Field(min_length=1)]],
        Field(min_length=1, max_length=MOST_TEXTS),
        BeforeValidator(_listed),
    ]
    model: str
    dimensions: Annotated[int, Field(ge=1, le=DIMENSIONS)] = DIMENSIONS
    encoding_format: Literal["float", "base64"] = "float"


class Refused(HTTPException):
    """What is answered instead of embeddings. code, param: as OpenAI names them."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(status, message)
        self.code = code
        self.param = param


def create_app(model: MiniLM, keys: Callable[[], Iterable[str]]) -> Starlette:
    """The one endpoint; any of the keys opens it, asked for at each request, so that they can be replaced."""
    one_at_a_time = CapacityLimiter(1)  # text by text, so that a query does not wait for the end of a long list

    async def embeddings(request: Request) -> Response:
        _check_key(request, keys())
        asked = _asked(await _body(request))
        answered = []
        for index, text in enumerate(asked.input):
            if await request.is_disconnected():  # who asks again, tired of waiting, is not made to wait longer by that
                return Response(status_code=499)
            answered.append(await to_thread.run_sync(_entry, model, asked, index, text, limiter=one_at_a_time))
        tokens = sum(count for _, count in answered)
        usage = json.dumps({"prompt_tokens": tokens, "total_tokens": tokens})
        entries = ",".join(entry for entry, _ in answered)
        answer = f'{{"object":"list","model":"{MODEL}","usage":{usage},"data":[{entries}]}}'
        return Response(answer, media_type="application/json")

    return Starlette(
        routes=[Route("/v1/embeddings", embeddings, methods=["POST"])],
        exception_handlers={HTTPException: _refusal},
    )


def _check_key(request: Request, keys: Iterable[str]) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not any(hmac.compare_digest(given.encode(), key.encode()) for key in keys):
        raise Refused(401, "Incorrect API key provided.", code="invalid_api_key")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused(413, f"The body is larger than {MOST_BYTES} bytes.")
    return bytes(body)


def _asked(body: bytes) -> Asked:
    try:
        asked = Asked.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        param = str(first["loc"][0]) if first["loc"] else None
        raise Refused(400, f"'$.{param or ''}' is invalid: {first['msg']}.", param=param) from error
    if asked.model != MODEL:
        raise Refused(404, f"The model `{asked.model}` does not exist; here is `{MODEL}`.", code="model_not_found")
    return asked


def _entry(model: MiniLM, asked: Asked, index: int, text: str) -> tuple[str, int]:
    """One text's entry in the answer, as JSON already, for a list of 2,048 would hold up others; and its tokens."""
    try:
        vector, tokens = model.embed(text, asked.dimensions)
    except TextTooLong as error:
        raise Refused(400, f"'$.input[{index}]' is invalid: {error}.", param="input") from error
    written = base64.b64encode(vector.tobytes()).decode() if asked.encoding_format == "base64" else vector.tolist()
    return json.dumps({"object": "embedding", "index": index, "embedding": written}), tokens


async def _refusal(request: Request, refused: Exception) -> JSONResponse:
    assert isinstance(refused, HTTPException)
    code, param = getattr(refused, "code", None), getattr(refused, "param", None)
    error = {"message": refused.detail, "type": "invalid_request_error", "param": param, "code": code}
    return JSONResponse({"error": error}, refused.status_code, refused.headers)


def _create_app(state: Path) -> Starlette:
    folder = StateFolder(state)
    return create_app(MiniLM(), lambda: [kept["value"] for kept in folder.secret_values()["openai-api-key"]])


if __name__ == "__main__":
    run_service("local.embedding_service", __doc__, _create_app)
