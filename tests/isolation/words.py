"""The corpus names tables and columns of retail; where another schema is served, each is a word for one of its own."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

type Words = Mapping[str, str]
"""Retail's identifiers → the other schema's."""

RETAIL: Words = MappingProxyType({})


def in_words(statement: str, words: Words) -> str:
    """The statement about the other schema: whole identifiers are exchanged, wherever they stand."""
    return _any_of(tuple(words)).sub(lambda found: words[found[0]], statement) if words else statement


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b")
