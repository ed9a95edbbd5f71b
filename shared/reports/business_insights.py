"""What the figures say of the business: a summary, customers by their habits, products, seasons, risks of the stock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from shared.errors import ValidationFault
from shared.identity.caller import Caller
from shared.invocation import Door
from shared.reports.findings import exact, money, percent
from shared.reports.periods import MONTH, Period, calendar_span, days_up_to, whole_year
from shared.reports.reading import filled, nothing_to_tell, parameters_of, statement
from shared.reports.report import Comparison, Facts, Report, Rows
from shared.reports.sales_analysis import most_and_least_grown
from shared.reports.store_performance import performance
from shared.reports.stores import cover

type Kind = Literal["summary", "customer_segmentation", "product_performance", "seasonal_trends", "inventory_risks"]

RECENT_PART = 3
"""Who bought in the last third of the days is recent."""
HIGH_SHARE = 0.8
"""Customers spend much when this share of the others spends less."""
A_SHARE, B_SHARE = 0.8, 0.95
"""Products in the order of their revenue: class A reaches up to the first share of all, B to the second."""
TREND_PERCENT = 25
"""From which change on a product rises or falls."""
LOW_DAYS, OVER_DAYS = 14, 180
"""Stock for fewer or more days of sales is a risk."""
SEASON_INDEX = 110
"""From here on a month is a season: its average day in per cent of that of all months."""


@dataclass(frozen=True, kw_only=True)
class Insight:
    """A kind: its title, its usual days, whether it compares with as many before, and what its figures show."""

    title: str
    days: int | None = None
    """None: it takes whole years."""
    compares: bool = False
    findings: Callable[[Facts], list[str]]


async def generate_business_insights(
    door: Door,
    caller: Caller,
    kind: Kind,
    *,
    days: int | None,
    rows: Rows,
    store: int | str | None = None,
) -> Report:
    """The insight from so many days up to the latest order of the stores, its usual ones for None.

    seasonal_trends takes the latest twelve whole months, and those of the year before where there are orders so early.
    store: see cover(). Raises ToolFault.
    """
    insight = INSIGHTS[kind]
    if insight.days is None and days is not None:
        raise ValidationFault(f"{kind} has no use for days.", "Call again without: it takes whole years.")
    coverage = await cover(door, caller, store)
    title = f"{insight.title}, {coverage.label}"
    if coverage.first_day is None or coverage.latest_day is None:
        return nothing_to_tell(title, coverage)
    usual = days or insight.days
    period = days_up_to(coverage.latest_day, usual) if usual else whole_year(coverage.latest_day)
    if kind == "summary":
        return await performance(door, caller, title, coverage, period, rows=rows)
    report = Report(title=title, coverage=coverage, period=period)
    reaches_back = usual is not None or coverage.first_day <= calendar_span(period.previous.first, MONTH).last
    if usual is None and coverage.first_day > calendar_span(period.span.first, MONTH).last:
        return replace(report, period=None, nothing_because="The orders do not cover twelve whole months.")
    compared = period.previous if insight.compares and reaches_back else None
    return await filled(
        door,
        caller,
        replace(report, compared_with=(Comparison("previous", compared),) if compared else ()),
        statement("business_insights", kind),
        parameters_of(coverage, period.span, compared=compared) | _thresholds(period),
        insight.findings,
        rows=rows,
    )


def _thresholds(period: Period) -> dict[str, object]:
    return {
        "recent_days": -(-period.span.days // RECENT_PART),
        "high_share": HIGH_SHARE,
        "a_share": A_SHARE,
        "b_share": B_SHARE,
        "trend_percent": TREND_PERCENT,
        "low_days": LOW_DAYS,
        "over_days": OVER_DAYS,
        "season_index": SEASON_INDEX,
    }


def _customer_segmentation(facts: Facts) -> list[str]:
    first, all_revenue = facts.rows[0], exact(facts.all["revenue"])
    said = [f"Most revenue: {first['segment']} ({first['share_percent']} %)."]
    if facts.all["at_risk"]:
        share = percent(exact(facts.all["at_risk_revenue"]), all_revenue)
        said.append(f"At risk: {facts.all['at_risk']} who spent {money(facts.all['at_risk_revenue'])} ({share} %).")
    return said


def _product_performance(facts: Facts) -> list[str]:
    counts = f"{facts.all['a_products']} of {facts.all['products']} products make {100 * A_SHARE:.0f} % of revenue"
    moves = f"{facts.all['rising']} rise or started, {facts.all['falling']} fall or stopped"
    return [f"{counts}; {moves}.", *most_and_least_grown(facts)]


def _seasonal_trends(facts: Facts) -> list[str]:
    strongest = f"Strongest month: {facts.all['strongest']} at {facts.all['strongest_index']} % of the average day"
    said = [f"{strongest}, weakest {facts.all['weakest']} at {facts.all['weakest_index']} %."]
    return said + ([f"Season: {facts.all['seasons']}."] if facts.all["seasons"] else [])


def _inventory_risks(facts: Facts) -> list[str]:
    said = []
    if facts.all["out_of_stock"]:
        said.append(
            f"{facts.all['out_of_stock']} out of stock that sold {money(facts.all['lost_revenue'])} in the period."
        )
    if facts.all["low_stock"]:
        said.append(f"{facts.all['low_stock']} with stock for fewer than {LOW_DAYS} days.")
    if facts.all["overstock"]:
        value = money(facts.all["overstock_value"])
        said.append(f"{facts.all['overstock']} unsold or with stock for over {OVER_DAYS} days, worth {value}.")
    return said


INSIGHTS: dict[Kind, Insight] = {
    "summary": Insight(title="Summary", days=30, findings=lambda _: []),
    "customer_segmentation": Insight(title="Segments", days=365, findings=_customer_segmentation),
    "product_performance": Insight(title="Products", days=90, compares=True, findings=_product_performance),
    "seasonal_trends": Insight(title="Seasons", compares=True, findings=_seasonal_trends),
    "inventory_risks": Insight(title="Stock at risk", days=90, findings=_inventory_risks),
}
