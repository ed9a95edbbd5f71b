"""Texts cut and grouped so that each request stays within what an embedding service takes."""

from collections.abc import Iterable, Iterator

MAX_TEXTS = 256
"""In one request; OpenAI takes 2,048, but an answer of 256 is 2 MB already."""
MAX_TEXT_BYTES = 8_000
"""Of one text: models take 8,191 tokens, and a token is a byte of UTF-8 at least, so none is refused for its length.

The rest of a longer one is left out: its embedding is that of its beginning, some 1,300 words of English.
"""
MAX_REQUEST_BYTES = 250_000
"""Of all texts of one request, in the same way: OpenAI takes 300,000 tokens."""


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in their order, each cut to what a model takes."""
    batch: list[str] = []
    size = 0
    for text in texts:
        encoded = _cut(text)
        if batch and (len(batch) == MAX_TEXTS or size + len(encoded) > MAX_REQUEST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(encoded.decode("utf-8", "ignore"))  # what is left of a character that was cut in two
        size += len(encoded)
    if batch:
        yield batch


def _cut(text: str) -> bytes:
    return text.encode("utf-8", "replace")[:MAX_TEXT_BYTES]  # a lone surrogate, which UTF-8 does not have, becomes "?"
