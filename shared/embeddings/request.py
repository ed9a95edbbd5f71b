"""One request for embeddings: a few attempts within a deadline, and an error without the request in it."""

import asyncio
import random
from typing import TYPE_CHECKING

from shared.embeddings.answer import DIMENSIONS
from shared.errors import EmbedderFailure, TextRefused
from shared.retry_after import retry_after

if TYPE_CHECKING:  # see embedder.py
    from openai import APIStatusError, AsyncOpenAI

PAUSES = (0.2, 0.8)
"""At most, before the second and the third attempt, where the service names no time of its own; in seconds."""
TRANSIENT = frozenset({408, 409, 429})
REFUSED = frozenset({400, 422})
OF_FIXED_LENGTH = frozenset({"text-embedding-ada-002"})
"""Models that have the right length and do not take another."""


async def answer_to(client: "AsyncOpenAI", texts: list[str], model: str, deadline: float) -> bytes:
    """The body of a successful answer; raises EmbedderFailure or TextRefused.

    deadline: of the event loop's clock. No attempt begins behind it; ending one is the caller's.
    """
    from openai import APIConnectionError, APIStatusError, OpenAIError, omit

    pauses = iter(PAUSES)
    while True:
        # Less by chance, for instances that failed together should not come back together.
        pause = next((most * random.uniform(0.5, 1) for most in pauses), None)  # noqa: S311
        try:
            answer = await client.embeddings.with_raw_response.create(
                model=model,
                input=texts,
                dimensions=omit if model in OF_FIXED_LENGTH else DIMENSIONS,
                encoding_format="base64",
            )
            return answer.content
        except APIStatusError as error:
            failure, wait = _refusal(error, pause)
        except (OpenAIError, ValueError) as error:  # ValueError: a key that a header cannot carry
            failure = EmbedderFailure(f"the embedding service could not be asked: {type(error).__name__}")
            wait = pause if isinstance(error, APIConnectionError) else None
        # Raised outside of the handlers: the SDK's error holds the request, and with it texts and key.
        if wait is None or asyncio.get_running_loop().time() + wait >= deadline:
            raise failure
        await asyncio.sleep(wait)


def _refusal(error: "APIStatusError", pause: float | None) -> tuple[EmbedderFailure | TextRefused, float | None]:
    """What to tell the caller, and in how many seconds to ask again; None: not again."""
    status, headers = error.status_code, error.response.headers
    if status in REFUSED:
        return TextRefused(f"the embedding service does not take one of the texts: {status}"), None
    asked = retry_after(headers)
    failure = EmbedderFailure(f"the embedding service answered {status}", retry_after=asked)
    transient = (status in TRANSIENT or status >= 500) and headers.get("x-should-retry") != "false"
    return failure, (pause if asked is None or pause is None else asked) if transient else None
