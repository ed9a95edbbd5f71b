"""What a report is: rows with their units, the days and stores they tell of, and what they show in sentences."""

from dataclasses import dataclass

from shared.invocation import Answer
from shared.json_values import Column, JsonValue
from shared.reports.periods import Period, Span
from shared.reports.stores import Coverage

CURRENCY = "USD"
CARRIED = "all_"
"""Begins the names of columns that tell of all rows, also of those that are cut; for findings only."""
NO_ROWS = Answer((), [], truncated=False)

_USD = ("revenue", "previous_revenue", "average_basket", "margin", "moving_average", "stock_value", "revenue_per_day")
_PER_CENT = ("share_percent", "margin_percent", "change_percent", "year_change_percent", "customers_percent")
_COUNTED = ("orders", "customers", "pieces")
_DAYS = ("days_of_cover", "days_since_order")
UNITS = {
    **dict.fromkeys(_USD, CURRENCY),
    **dict.fromkeys(_PER_CENT, "per cent"),
    **{name: name for name in _COUNTED},
    **dict.fromkeys(_DAYS, "days"),
    "revenue_per_customer": CURRENCY,
    "orders_per_customer": "orders",
    "stock_level": "pieces",
    "seasonal_index": "per cent of the average",
    "category_index": "per cent of the average",
}
"""By the names of columns, which mean the same in every report."""


@dataclass(frozen=True)
class Comparison:
    """Days that figures are compared with."""

    name: str
    span: Span


@dataclass(frozen=True, kw_only=True)
class Report:
    """The figures of stores in a period. Without rows, nothing_because says why there are none."""

    title: str
    coverage: Coverage
    period: Period | None = None
    compared_with: tuple[Comparison, ...] = ()
    answer: Answer = NO_ROWS
    findings: tuple[str, ...] = ()
    nothing_because: str | None = None


@dataclass(frozen=True)
class Rows:
    """Which rows of a report are read: limit of them at most, behind the first `skip`."""

    limit: int
    skip: int = 0

    def of(self, rows: list[list[JsonValue]], columns: tuple[Column, ...]) -> Answer:
        """These of rows that are at hand."""
        end = self.skip + self.limit
        return Answer(columns, rows[self.skip : end], truncated=len(rows) > end)


@dataclass(frozen=True)
class Facts:
    """What findings are made of: the rows that are shown, by column, and what is carried of all."""

    rows: list[dict[str, JsonValue]]
    all: dict[str, JsonValue]


def without_carried(answer: Answer) -> Answer:
    """The columns that are for readers."""
    kept = [place for place, column in enumerate(answer.columns) if not column.name.startswith(CARRIED)]
    return Answer(
        tuple(answer.columns[place] for place in kept),
        [[row[place] for place in kept] for row in answer.rows],
        answer.truncated,
    )


def carried(answer: Answer) -> dict[str, JsonValue]:
    """What the first row, and any other, tells of all."""
    if not answer.rows:
        return {}
    return {
        column.name.removeprefix(CARRIED): value
        for column, value in zip(answer.columns, answer.rows[0], strict=True)
        if column.name.startswith(CARRIED)
    }
