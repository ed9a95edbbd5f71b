"""One thing that an attacker sends, and how one would see that it paid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from tests.isolation.words import RETAIL, Words


class Tell(Enum):
    """What gives a success away; foreign values in the outcome always do."""

    VALUE = "a foreign value is in the answer, an error or a notice"
    PAIR = "the outcome differs from that of the twin, which asks about a row that is not there"
    ANSWERED = "there is an answer at all that is not NULL, zero or empty"
    RAN = "it ran without an error"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """A statement and what it would be good for.

    twin: for Tell.PAIR the same question about a row that does not exist.
    channel: what is open when it succeeds, as in docs/security.md; ROWS must never be.
    """

    name: str
    family: str
    statement: str
    success: str
    tell: Tell = Tell.VALUE
    twin: str = ""
    channel: str = "rows"


ROWS = "rows"
"""The channel that isolation is about: another tenant's rows, a secret, or a change of anything."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What an attacker aims at: taken from the database by its owner, some of it more than an attacker would know."""

    database: str
    order_id: int
    order_item_id: int
    customer_id: int
    email: str
    phone: str
    head_office: str
    kid: str
    password: str
    marker: str
    forged_contexts: Mapping[str, str]
    """By what is wrong with them."""
    words: Words = RETAIL
    """Of the schema that is attacked."""

    @property
    def unsigned(self) -> str:
        """A context of the one who sees everything, but for the signature."""
        return f"v1|{self.head_office}|*|9999999999|{self.kid}|{'0' * 64}"


ABSENT = 90_000_000
"""A number that no row has."""


def each(
    family: str,
    success: str,
    statements: Mapping[str, str],
    *,
    tell: Tell = Tell.VALUE,
    channel: str = ROWS,
) -> Iterator[Attack]:
    """Attacks by their names within the family."""
    for name, statement in statements.items():
        yield Attack(
            name=f"{family}: {name}",
            family=family,
            statement=statement,
            success=success,
            tell=tell,
            channel=channel,
        )
