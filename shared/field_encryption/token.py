"""An encrypted value as text that says what it is: `zenc1.<column>.<data key>.<customer>.<base32>.`

It is found wherever a SELECT puts it. Base32 has no case to lose, so lower() and upper() leave it good; the point at
its end tells it from what is written behind it. The customer is in it so that it is opened for nobody who does not see
that row.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from shared.json_values import JsonValue, types_in
from shared.text_rows import TextRows

type Field = Literal["email", "phone"]
"""A column of retail.customers."""

FIELDS: tuple[Field, ...] = ("email", "phone")
NAMES: dict[Field, str] = {"email": "e-mail", "phone": "phone"}
FORM = "zenc1"

_NUMBER = "([1-9][0-9]{0,8})"
_TOKEN = re.compile(rf"(?ai:{FORM}\.(email|phone))\.{_NUMBER}\.{_NUMBER}\.([A-Za-z2-7]{{1,4096}})\.")
_MARKS = (FORM[1:] + ".", FORM[1:].upper() + ".")
"""In every token, however it is written: initcap() changes the first letter only."""


@dataclass(frozen=True)
class Token:
    """An encrypted value, not yet verified."""

    field: Field
    key_id: int
    customer_id: int
    sealed: bytes
    """As keys/sealing.py makes it; empty where the text cannot be any such."""

    def __str__(self) -> str:
        data = base64.b32encode(self.sealed).decode().rstrip("=").lower()
        return f"{prefix(self.field, self.key_id)}{self.customer_id}.{data}."


def prefix(field: Field, key_id: int | None = None) -> str:
    """How tokens of the field begin: all of them, or those of a key."""
    return f"{FORM}.{field}." if key_id is None else f"{FORM}.{field}.{key_id}."


def stored_token(text: str) -> Token | None:
    """The token that a stored value is; None for plain text, also where tokens are a part of it."""
    return _token(found) if (found := _TOKEN.fullmatch(text)) else None


def has_tokens(rows: Sequence[list[JsonValue]]) -> bool:
    """Whether there may be a token in any cell: a quick look, done for each result."""
    if isinstance(rows, TextRows):
        return any(_marked("\n".join(filter(None, texts))) for texts in rows.texts())
    kinds = types_in(rows)
    if str in kinds and _marked("\n".join([value for row in rows for value in row if value.__class__ is str])):
        return True
    if kinds.isdisjoint((list, dict)):
        return False
    nested = [value for row in rows for value in row if value.__class__ is list or value.__class__ is dict]
    return any(_marked(text) for value in nested for text in _texts(value))


def tokens_in(rows: Sequence[list[JsonValue]]) -> dict[str, Token]:
    """All of them by their text, once each."""
    texts = (text for row in rows for value in row for text in _texts(value) if _marked(text))
    written = {found[0]: found for text in texts for found in _TOKEN.finditer(text)}
    return {text: _token(found) for text, found in written.items()}


def replaced(value: JsonValue, shown: dict[str, str]) -> JsonValue:
    """The value with the text of each token in its place; in capitals for a token that is in capitals.

    Keys of an object that become equal are numbered, so that none of its values is lost.
    """
    if isinstance(value, str):
        return _replaced(value, shown) if _marked(value) else value
    if isinstance(value, list):
        return [replaced(each, shown) for each in value]
    if isinstance(value, dict):
        new: dict[str, JsonValue] = {}
        for key, each in value.items():
            new[_unlike(new, _replaced(key, shown))] = replaced(each, shown)
        return new
    return value


def _replaced(text: str, shown: dict[str, str]) -> str:
    def said(found: re.Match[str]) -> str:
        plain = shown[found[0]]
        return plain.upper() if found[0].isupper() else plain

    return _TOKEN.sub(said, text)


def _unlike(taken: dict[str, JsonValue], key: str) -> str:
    if key not in taken:
        return key
    number = 2
    while f"{key} ({number})" in taken:
        number += 1
    return f"{key} ({number})"


def _marked(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)


def _token(found: re.Match[str]) -> Token:
    field, key_id, customer_id, data = found.groups()
    try:
        sealed = base64.b32decode(data.upper() + "=" * (-len(data) % 8))
    except binascii.Error:
        sealed = b""
    return Token(cast(Field, field.lower()), int(key_id), int(customer_id), sealed)
