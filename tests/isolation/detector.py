"""Whether an attack paid: an outcome in, the channel that was open out."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.isolation.attack import ABSENT, ROWS, Attack, Target, Tell

SLOW_SECONDS = 0.5
_CENSUS = re.compile(r"census (\d+) of ([\d+]*)")
_EMAIL = re.compile(r"[\w.+-]{1,64}@example\.com")
_NUMBER = re.compile(r"(?<![\w.])\d{3,}(?![\w])")
_NOTHING: tuple[object, ...] = (None, False, 0, "", [], {})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came back. said: errors, hints and notices, without positions; seconds: how long it took."""

    ran: bool
    names: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    said: str = ""
    seconds: float = 0

    def text(self) -> str:
        return f"{self.said}\n{self.names}\n{self.rows}"

    def answered(self) -> bool:
        """A value that says something; a function that returns nothing has answered, too."""
        return self.ran and any(value not in _NOTHING for value in _leaves(self.rows))


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """What one actor may see, and what is foreign to it. orders: how many are its own."""

    name: str
    orders: int
    stores: frozenset[int]
    foreign_emails: frozenset[str] = field(repr=False)
    foreign_numbers: frozenset[int] = field(repr=False)
    """Counts and sizes that include others' rows."""
    secrets: frozenset[str] = field(repr=False)
    """Keys, password hashes, ids of other principals."""
    marker: str
    """In whatever the neighbour runs, holds and is called."""


@dataclass(frozen=True)
class Success:
    """An attack that paid."""

    attack: str
    channel: str
    evidence: str


def judge(attack: Attack, outcome: Outcome, twin: Outcome | None, eyes: Eyes, target: Target) -> Success | None:
    """None where the attack was in vain."""
    if foreign := _foreign_row(attack, outcome, eyes):
        return Success(attack.name, ROWS, foreign)
    if shared := _shared_number(attack, outcome, eyes):
        return Success(attack.name, attack.channel, shared)
    match attack.tell:
        case Tell.ANSWERED if outcome.answered():
            return Success(attack.name, attack.channel, f"answered {outcome.rows}"[:200])
        case Tell.RAN if outcome.ran:
            return Success(attack.name, attack.channel, f"ran {outcome.rows}"[:200])
        case Tell.PAIR if twin is not None and (difference := differs(outcome, twin, target)):
            return Success(attack.name, attack.channel, difference)
    return None


def differs(one: Outcome, other: Outcome, target: Target) -> str:
    """How two outcomes differ when the names of the two rows are taken out; empty if they do not."""
    mine, others = _anonymous(one, target), _anonymous(other, target)
    if mine != others:
        return f"{mine[:100]!r} against {others[:100]!r}"
    if abs(one.seconds - other.seconds) > SLOW_SECONDS:
        return f"{one.seconds:.1f} s against {other.seconds:.1f} s"
    return ""


def _foreign_row(attack: Attack, outcome: Outcome, eyes: Eyes) -> str:
    text = outcome.text()
    for census in _CENSUS.findall(text):
        stores = {int(store) for store in census[1].split("+") if store}
        if int(census[0]) > eyes.orders or not stores <= eyes.stores:
            return f"a census of {census}"
    for email in _EMAIL.findall(text):
        if email in eyes.foreign_emails and email not in attack.statement:
            return f"the e-mail {email}"
    for secret in eyes.secrets:
        if secret in text and secret not in attack.statement:
            return "a secret"
    for place, name in enumerate(outcome.names):
        if name == "order_store":
            stores = {value for row in outcome.rows for value in _leaves(row[place]) if value is not None}
            if not {int(store) for store in stores} <= eyes.stores:
                return f"an order of the stores {stores}"
    return ""


def _shared_number(attack: Attack, outcome: Outcome, eyes: Eyes) -> str:
    if eyes.marker in outcome.text() and eyes.marker not in attack.statement:
        return "the neighbour's marker"
    for number in _numbers(outcome):
        if number in eyes.foreign_numbers and str(number) not in attack.statement:
            return f"the number {number}"
    return ""


def _numbers(outcome: Outcome) -> Iterator[int]:
    yield from map(int, _NUMBER.findall(outcome.said))
    for value in _leaves(outcome.rows):
        if isinstance(value, str):
            yield from map(int, _NUMBER.findall(value[:100_000]))
        elif isinstance(value, int | float | Decimal) and math.isfinite(value):
            yield int(value)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, dict):
        yield from _leaves(list(value.values()))
    else:
        yield value


def _anonymous(outcome: Outcome, target: Target) -> str:
    # What PostgreSQL says of its own caches, to who asks for debug messages, comes when it comes.
    text = re.sub(r"\nrehashing catalog cache.*", "", f"{outcome.ran} {outcome.rows} {outcome.said}")
    for row in (ABSENT, target.order_id, target.order_item_id, target.customer_id):
        text = re.sub(rf"(?<!\d){row}(?!\d)", "THE-ROW", text)
    return text.replace(target.email, "THE-ROW").replace("absent.absent.0@example.com", "THE-ROW")
