"""The body of an embedding service's answer in, unit vectors out."""

import json
import math
import struct
from array import array
from base64 import b64decode
from collections.abc import Sequence

from shared.errors import EmbedderFailure

DIMENSIONS = 1536
"""Of every embedding here, whatever the model: the column of the database is one."""

_FLOATS = struct.Struct(f"<{DIMENSIONS}f")


def vectors_of(body: bytes, *, count: int, model: str) -> list[list[float]]:
    """One vector of unit length for each of `count` texts, in their order.

    Raises EmbedderFailure for an answer that is not whole, not well-formed or not of this model.
    It computes for 20 ms where there are a hundred: call it in a thread.
    """
    try:
        answer = json.loads(body)
        answered, data = str(answer["model"]), {entry["index"]: entry["embedding"] for entry in answer["data"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _Wrong("no answer in OpenAI's shape") from None
    if not answered.startswith(model):
        raise _Wrong("the answer of another model")
    if len(answer["data"]) != count or data.keys() != set(range(count)):
        raise _Wrong("another number of embeddings than of texts")
    return [_unit(_numbers(data[index])) for index in range(count)]


def _numbers(embedding: object) -> Sequence[float]:
    """Little-endian floats in base64, as they were asked for, or a list from a service that knows no other format."""
    try:
        if isinstance(embedding, str):
            return _FLOATS.unpack(b64decode(embedding, validate=True))
        if isinstance(embedding, list) and len(embedding) == DIMENSIONS:
            return array("d", embedding)
    except (ValueError, TypeError, OverflowError, struct.error):
        pass
    raise _Wrong(f"an embedding of other than {DIMENSIONS} numbers")


def _unit(vector: Sequence[float]) -> list[float]:
    length = math.sqrt(math.sumprod(vector, vector))
    if not 0 < length < math.inf:  # NaN is neither; one such number, or an infinite one, makes the length the same
        raise _Wrong("a vector without a direction")
    return [number / length for number in vector]


class _Wrong(EmbedderFailure):
    """Says what the answer is, and nothing of what is in it."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the embedding service gave {kind}")
