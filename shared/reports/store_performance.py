"""How stores did in a period, beside the period before and the same one a year ago."""

from dataclasses import replace
from decimal import Decimal

from shared.identity.caller import Caller
from shared.invocation import Door
from shared.json_values import Column, JsonValue
from shared.reports.findings import NOTABLE_POINTS, change_percent, exact
from shared.reports.periods import Period, Span, parse_period
from shared.reports.reading import nothing_to_tell, parameters_of, reservations, statement
from shared.reports.report import CURRENCY, Comparison, Report, Rows
from shared.reports.stores import Coverage, cover

METRICS = {
    "revenue": CURRENCY,
    "orders": "orders",
    "average_basket": CURRENCY,
    "margin": CURRENCY,
    "margin_percent": "per cent",
    "pieces": "pieces",
    "customers": "customers",
    "discounts": CURRENCY,
    "discount_percent": "per cent of the gross",
    "rank": "place by revenue",
}
"""Rows of the report with their units. Margin: revenue minus pieces at their cost."""
WITHOUT_CHANGE_IN_PERCENT = ("margin_percent", "discount_percent", "rank")
"""They change by points and places."""
COLUMNS = (
    *(Column("metric", "text"), Column("unit", "text"), Column("value", "numeric")),
    *(Column("previous", "numeric"), Column("change", "numeric"), Column("change_percent", "numeric")),
    *(Column("year_ago", "numeric"), Column("year_change", "numeric"), Column("year_change_percent", "numeric")),
)

type Totals = dict[str, JsonValue]


async def get_store_performance(door: Door, caller: Caller, store: int | str, period: str) -> Report:
    """One store's figures, with its rank among the stores that the caller sees.

    store, period: see cover() and parse_period(). Raises ToolFault.
    """
    resolve = parse_period(period)
    coverage = await cover(door, caller, store)
    title = coverage.label
    if coverage.latest_day is None:
        return nothing_to_tell(title, coverage)
    return await performance(door, caller, title, coverage, resolve(coverage.latest_day))


async def performance(
    door: Door,
    caller: Caller,
    title: str,
    coverage: Coverage,
    period: Period,
    *,
    rows: Rows = Rows(len(METRICS)),  # noqa: B008
) -> Report:
    """The figures of the stores together. Several stores have no rank."""
    compared_with = (Comparison("previous", period.previous), Comparison("year_ago", period.year_ago))
    report = Report(title=title, coverage=coverage, period=period, compared_with=compared_with)
    value, previous, year_ago = [
        await _totals(door, caller, coverage, span) for span in (period.span, period.previous, period.year_ago)
    ]
    if not any(totals["orders"] for totals in (value, previous, year_ago)):
        return replace(report, nothing_because="There are no orders in the period, nor in those it is compared with.")
    metrics = [metric for metric in METRICS if metric in value]
    figures = [[metric, METRICS[metric], *_compared(metric, value, previous, year_ago)] for metric in metrics]
    said = [] if rows.skip else _findings(value, previous, year_ago, len(coverage.visible))
    return replace(
        report,
        answer=rows.of(figures, COLUMNS),
        findings=(*said, *reservations(report)),
    )


async def _totals(door: Door, caller: Caller, coverage: Coverage, span: Span) -> Totals:
    ranked = len(coverage.stores) == 1
    parameters = parameters_of(coverage, span) | {"rivals": coverage.rivals if ranked else []}
    answer = await door.read(caller, statement("store_performance", "totals"), parameters, max_rows=1)
    totals = answer.records()[0]
    return totals if ranked else {name: value for name, value in totals.items() if name != "rank"}


def _compared(metric: str, value: Totals, *others: Totals) -> list[JsonValue]:
    """The figure, then for each other one: that, the difference and the change in per cent."""
    compared: list[JsonValue] = [value[metric]]
    for other in others:
        now, before = value[metric], other[metric]
        known = now is not None and before is not None
        in_percent = known and metric not in WITHOUT_CHANGE_IN_PERCENT
        change = exact(now) - exact(before) if known else None
        per_cent = change_percent(exact(now), exact(before)) if in_percent else None
        compared += [before, _number(change), _number(per_cent)]
    return compared


def _number(value: Decimal | None) -> JsonValue:
    """As the database's numerics become JSON: whole numbers exactly, others as the nearest double."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _findings(value: Totals, previous: Totals, year_ago: Totals, visible: int) -> list[str]:
    return [
        _revenue(value, previous, year_ago),
        *_driver(value, previous),
        *_points("Margin", "margin_percent", value, previous),
        *_points("Discounts", "discount_percent", value, previous),
        *_rank(value, previous, visible),
    ]


def _revenue(value: Totals, previous: Totals, year_ago: Totals) -> str:
    if not value["orders"]:
        return "No orders in the period."
    compared = {
        name: change_percent(exact(value["revenue"]), exact(other["revenue"]))
        for name, other in (("the period before", previous), ("a year ago", year_ago))
    }
    beside = [f"{change:+} % on {name}" for name, change in compared.items() if change is not None]
    return f"Revenue {', '.join(beside)}." if beside else "There was no revenue to compare with."


def _driver(value: Totals, previous: Totals) -> list[str]:
    """Revenue is orders times basket: which of them changed more, where both are known."""
    orders = change_percent(exact(value["orders"]), exact(previous["orders"]))
    basket = change_percent(exact(value["average_basket"]), exact(previous["average_basket"]))
    if orders is None or basket is None or not value["orders"] or orders == basket:
        return []
    if abs(orders) > abs(basket):
        return [f"Orders changed more ({orders:+} %) than the average basket ({basket:+} %)."]
    return [f"The average basket changed more ({basket:+} %) than the number of orders ({orders:+} %)."]


def _points(name: str, metric: str, value: Totals, previous: Totals) -> list[str]:
    if value[metric] is None or previous[metric] is None:
        return []
    change = exact(value[metric]) - exact(previous[metric])
    return [f"{name} {value[metric]} %, {change:+} points."] if abs(change) >= NOTABLE_POINTS else []


def _rank(value: Totals, previous: Totals, visible: int) -> list[str]:
    if "rank" not in value or visible < 2 or not value["orders"]:
        return []
    before = f", {previous['rank']} before" if previous["orders"] and previous["rank"] != value["rank"] else ""
    return [f"Rank {value['rank']} of your {visible} stores by revenue{before}."]
