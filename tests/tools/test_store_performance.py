"""One store's performance, against the same figures worked out in Python from the superuser's rows."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from local.people import PEOPLE
from tests.tools.calls import data_of, fault_of, head_and_csv, records, text_of
from tests.tools.conftest import ClientOf
from tests.tools.raw_sales import Sold, growth

pytestmark = pytest.mark.anyio

TOOL = "get_store_performance"
KIRKLAND, SEATTLE, ONLINE = 7, 1, 8
FIGURES = ("revenue", "orders", "average_basket", "margin", "margin_percent", "pieces", "customers")


def figures(sold: Sold) -> dict[str, Any]:
    told = {name: getattr(sold, name) for name in FIGURES}
    return told | {"discounts": sold.discount, "discount_percent": sold.discount_percent}


def rank(sold: Sold, stores: tuple[int, ...], store: int, days: list[str]) -> int:
    revenues = {number: sold.within([number], *days).revenue for number in stores}
    return 1 + sum(revenue > revenues[store] for revenue in revenues.values())


@pytest.mark.parametrize(
    ("who", "store", "period", "spans"),
    [
        (
            *("kirkland", KIRKLAND, "last_30_days"),  # its latest order is of 30 December
            [["2026-12-01", "2026-12-30"], ["2026-11-01", "2026-11-30"], ["2025-12-01", "2025-12-30"]],
        ),
        (
            *("west-region", SEATTLE, "last_month"),
            [["2026-11-01", "2026-11-30"], ["2026-10-01", "2026-10-31"], ["2025-11-01", "2025-11-30"]],
        ),
        (
            *("head-office", ONLINE, "2026-Q1"),
            [["2026-01-01", "2026-03-31"], ["2025-10-01", "2025-12-31"], ["2025-01-01", "2025-03-31"]],
        ),
        (
            *("head-office", KIRKLAND, "2026-03-01/2026-03-31"),
            [["2026-03-01", "2026-03-31"], ["2026-01-29", "2026-02-28"], ["2025-03-01", "2025-03-31"]],
        ),
        (
            *("west-region", KIRKLAND, "this_year"),  # without 31 December, so unfinished
            [["2026-01-01", "2026-12-30"], ["2025-01-01", "2025-12-30"], ["2025-01-01", "2025-12-30"]],
        ),
    ],
)
async def test_each_figure_is_that_of_the_rows(
    client_of: ClientOf, sold: Sold, who: str, store: int, period: str, spans: list[list[str]]
) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, store=store, period=period)
    assert [data["period_start"], data["period_end"]] == spans[0]
    assert data["compared_with"] == {"previous": spans[1], "year_ago": spans[2]}
    stores = PEOPLE[who].store_ids
    value, previous, year_ago = (
        figures(sold.within([store], *days)) | {"rank": rank(sold, stores, store, days)} for days in spans
    )
    rows = {record["metric"]: record for record in records(data)}
    assert list(rows) == list(value)
    for metric, row in rows.items():
        told = [row["value"], row["previous"], row["year_ago"]]
        assert told == pytest.approx([float(each[metric]) for each in (value, previous, year_ago)], abs=1e-6), metric
        assert row["change"] == pytest.approx(float(value[metric]) - float(previous[metric]), abs=1e-6)
        assert row["year_change"] == pytest.approx(float(value[metric]) - float(year_ago[metric]), abs=1e-6)
        if metric in ("revenue", "orders", "margin", "pieces", "customers", "discounts"):
            assert row["change_percent"] == growth(value[metric], previous[metric])
            assert row["year_change_percent"] == growth(value[metric], year_ago[metric])
    assert rows["margin_percent"]["change_percent"] is None


async def test_the_result_says_what_it_is_of(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(client, TOOL, store="kirk")
    assert data["stores"] == ["Zava Retail Kirkland"]
    assert (data["currency"], data["row_count"], data["truncated"], data["nothing_because"]) == ("USD", 10, False, None)
    assert {column["name"]: column["unit"] for column in data["columns"]}["change_percent"] == "per cent"
    assert [row[:2] for row in data["rows"]][:2] == [["revenue", "USD"], ["orders", "orders"]]


async def test_findings_say_what_the_figures_say(client_of: ClientOf) -> None:
    async with client_of("head-office") as client:
        data = await data_of(client, TOOL, store="Kirkland", period="this_year")
    rows = {record["metric"]: record for record in records(data)}
    revenue, *_ = data["findings"]
    assert f"Revenue +{rows['revenue']['change_percent']} % on the period before" in revenue
    assert f"Rank {rows['rank']['value']} of your 8 stores by revenue." in data["findings"]
    assert "The period is unfinished: compared are its first 364 days." in data["findings"]


async def test_a_store_goes_by_number_name_or_part_of_it(client_of: ClientOf) -> None:
    async with client_of("head-office") as client:
        for store in (KIRKLAND, "7", "Zava Retail Kirkland", "zava retail kirkland", " Kirkland ", "irkla"):
            data = await data_of(client, TOOL, store=store, period="last_7_days")
            assert data["stores"] == ["Zava Retail Kirkland"], store


async def test_a_part_that_several_stores_have_is_refused_with_their_names(client_of: ClientOf) -> None:
    async with client_of("west-region") as client:
        fault = await fault_of(client, TOOL, store="Zava")
    assert fault["code"] == "VALIDATION_ERROR"
    assert "Seattle" in fault["remedy"]
    assert "Tacoma" not in fault["remedy"]


async def test_a_store_of_others_is_refused_like_one_that_is_not_there(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        faults = [
            await fault_of(client, TOOL, store=store, period=period)
            for store in ("Seattle", "Zava Retail Seattle", 1, "1", "Atlantis", 4711, 10**400, "", "-", 0)
            for period in ("last_30_days", "2026")
        ]
    assert faults == [
        {
            "code": "VALIDATION_ERROR",
            "problem": "You see no such store.",
            "remedy": "Name one of: Zava Retail Kirkland.",
        }
    ] * len(faults)


async def test_who_sees_no_store_learns_of_none(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        fault = await fault_of(client, TOOL, store="Kirkland")
    assert (fault["problem"], fault["remedy"]) == ("You see no store.", "Ask an administrator for a grant.")


WRONG: list[dict[str, Any]] = [
    {},
    {"store": "Kirkland", "period": "yesterday"},
    {"store": "Kirkland", "period": "2026-13"},
    {"store": "Kirkland", "period": "2026-01-01/1999-01-01"},
    {"store": "Kirkland", "period": "x" * 10_000},
    {"store": "Kirkland", "days": 30},
    {"store": "k" * 201},
    {"store": None},
    {"store": ["Kirkland"]},
]


async def test_arguments_have_bounds(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for arguments in WRONG:
            assert (await fault_of(client, TOOL, **arguments))["code"] == "VALIDATION_ERROR"


async def test_a_period_without_orders_says_so(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        later = await data_of(client, TOOL, store=7, period="2030")
        earlier = await data_of(client, TOOL, store=7, period="2010-Q2")
        first = await data_of(client, TOOL, store=7, period="2020")
    for data in (later, earlier):
        assert (data["rows"], data["findings"]) == ([], [])
        assert data["nothing_because"] == "There are no orders in the period, nor in those it is compared with."
    # The year before, there was nothing: no change can be told.
    revenue = records(first)[0]
    assert (revenue["previous"], revenue["change_percent"]) == (0, None)
    assert revenue["change"] == revenue["value"] > 0
    assert first["findings"][0] == "There was no revenue to compare with."


async def test_a_period_that_is_over_before_it_sold_anything(client_of: ClientOf, sold: Sold) -> None:
    days = {line.day for line in sold if line.store_id == KIRKLAND and line.day.year == 2026}
    idle = next(day for number in range(1, 29) if (day := date(2026, 3, number)) not in days)
    async with client_of("kirkland") as client:
        data = await data_of(client, TOOL, store=7, period=f"{idle}/{idle}")
    rows = {record["metric"]: record["value"] for record in records(data)}
    assert rows["revenue"] == rows["orders"] == rows["pieces"] == 0
    assert rows["average_basket"] is rows["margin_percent"] is None
    assert data["findings"][0] == "No orders in the period."


async def test_text_is_the_title_what_is_found_and_the_rows(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        result = await client.call_tool(TOOL, {"store": "Kirkland", "period": "2026-03"})
    title, findings, header, *rows = text_of(result).splitlines()
    assert title == "Zava Retail Kirkland: 2026-03-01 to 2026-03-31"
    assert result.structured_content
    assert findings.startswith(result.structured_content["findings"][0])
    assert header.startswith("metric,unit,value,previous,")
    assert len(rows) == 10
    assert Decimal(rows[0].split(",")[2]) == Decimal(str(result.structured_content["rows"][0][2]))


@pytest.mark.parametrize(("store", "period"), [("Kirkland", "2026-03"), ("Seattle", "last_year"), (8, "2026-Q1")])
async def test_text_costs_little_more_than_the_rows(client_of: ClientOf, store: int | str, period: str) -> None:
    async with client_of("head-office") as client:
        head, csv = head_and_csv(await client.call_tool(TOOL, {"store": store, "period": period}))
    assert len(head.encode()) <= 0.2 * len(csv.encode())
