"""Figures as sentences. What is said depends on the figures alone; where nothing is worth saying, nothing is."""

from decimal import ROUND_HALF_UP, Decimal

from shared.json_values import JsonValue

STEADY_PERCENT = 1
"""A change below this is none."""
NOTABLE_POINTS = 1
"""Of shares in per cent: from here on a change is worth a sentence."""


def exact(value: JsonValue) -> Decimal:
    """A figure as the database wrote it; nothing is 0."""
    return Decimal(0) if value is None else Decimal(str(value))


def rounded(value: Decimal, places: int) -> Decimal:
    """As PostgreSQL's round(numeric, places)."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """The share in per cent, one place; None of nothing."""
    return rounded(100 * part / whole, 1) if whole else None


def change_percent(value: Decimal, before: Decimal) -> Decimal | None:
    """The change in per cent, one place; None where there was nothing."""
    return percent(value - before, before)


def money(value: JsonValue | Decimal) -> str:
    """Whole dollars above a thousand, for sentences; rows have the cents."""
    amount = value if isinstance(value, Decimal) else exact(value)
    places = 0 if abs(amount) >= 1000 else 2
    return f"{rounded(amount, places):,} USD"


def revenue_compared(value: JsonValue, before: JsonValue, words: str) -> str:
    """Revenue beside that of other days; words name these."""
    change = change_percent(exact(value), exact(before))
    if not exact(value):
        return "Nothing was sold."
    if change is None:
        return f"Revenue {money(value)}, after none in {words}."
    return f"Revenue {money(value)}, {moved(change)} {words}."


def counted(number: JsonValue, noun: str) -> str:
    """The number with a noun that takes an s."""
    return f"{exact(number):,} {noun}{'' if number == 1 else 's'}"


def moved(change: Decimal) -> str:
    """The direction and size of a change in per cent, up to the words that name what it is compared with."""
    if abs(change) < STEADY_PERCENT:
        return "about the same as"
    return f"{abs(change)} % {'above' if change > 0 else 'below'}"
