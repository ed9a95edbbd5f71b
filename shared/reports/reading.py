"""How a report is read: its named query behind the parts that it needs, under the caller's row-level security."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shared.choices import only_one
from shared.database.queries import named_queries
from shared.identity.caller import Caller
from shared.invocation import Door
from shared.reports.periods import Period, Span
from shared.reports.report import Facts, Report, Rows, carried, without_carried
from shared.reports.stores import Coverage

MAX_CATEGORIES = 1_000

_OWN_WITH = re.compile(r"\A((?:--.*\n)*)WITH ")


@dataclass(frozen=True)
class Category:
    """A product category."""

    category_id: int
    name: str


def statement(subject: str, name: str) -> str:
    """A query of a subject behind `lines` and `baskets`. What it does not use of these is not run."""
    shared = named_queries("reports")
    parts = ",\n".join(f"{part} AS (\n{shared[part]}\n)" for part in ("lines", "baskets"))
    return f"WITH {parts}\n{_OWN_WITH.sub(r', \1', named_queries(subject)[name])}"


def parameters_of(
    coverage: Coverage, span: Span, *, compared: Span | None = None, category: Category | None = None
) -> dict[str, object]:
    """What the parts take. compared: days before the span, which the lines have, too."""
    return {
        "stores": coverage.ids,
        "from_day": compared.first if compared else span.first,
        "first_day": span.first,
        "last_day": span.last,
        "category_id": category.category_id if category else None,
    }


async def category_named(door: Door, caller: Caller, name: str | None) -> Category | None:
    """The category of that name or part of a name; None for None. Raises ValidationFault."""
    if name is None:
        return None
    answer = await door.read(caller, named_queries("choices")["categories"], max_rows=MAX_CATEGORIES)
    known = [Category(int(str(number)), str(category)) for number, category in answer.rows]
    return only_one("category", name.strip(), known, lambda category: category.name)


async def filled(
    door: Door,
    caller: Caller,
    report: Report,
    text: str,
    parameters: Mapping[str, object],
    findings: Callable[[Facts], list[str]],
    *,
    rows: Rows,
) -> Report:
    """The report with these rows and, on the first page, what they show; the carried columns stay here."""
    answer = await door.read(caller, text, parameters, max_rows=rows.limit, skip=rows.skip)
    if not answer.rows:
        nothing = "There are no more rows." if rows.skip else "There is nothing of it in the period."
        return replace(report, nothing_because=nothing)
    shown = without_carried(answer)
    said = [] if rows.skip else findings(Facts(shown.records(), carried(answer)))
    return replace(report, answer=shown, findings=(*said, *reservations(report)))


def nothing_to_tell(title: str, coverage: Coverage) -> Report:
    """For who sees no stores or no orders."""
    because = "There are no orders in these stores." if coverage.stores else "You see no stores."
    return Report(title=title, coverage=coverage, nothing_because=because)


def reservations(report: Report) -> list[str]:
    """What keeps the days of a report, or those that it compares them with, from being whole."""
    coverage, period = report.coverage, report.period
    if period is None or coverage.first_day is None or coverage.latest_day is None:
        return []
    return [*_unfinished(period, coverage), *_too_early(report, coverage)]


def _unfinished(period: Period, coverage: Coverage) -> list[str]:
    if period.unfinished:
        return [f"The period is unfinished: compared are its first {period.span.days} days."]
    if coverage.latest_day and coverage.latest_day < period.span.last:
        return [f"Orders end on {coverage.latest_day}, before the period does."]
    return []


def _too_early(report: Report, coverage: Coverage) -> list[str]:
    first = min((comparison.span.first for comparison in report.compared_with), default=None)
    if first and coverage.first_day and coverage.first_day > first:
        return [f"Orders begin on {coverage.first_day}, so a comparison is with fewer days."]
    return []
