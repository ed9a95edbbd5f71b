"""Analyses of sales, against the same figures worked out in Python from the superuser's rows."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.people import PEOPLE
from shared.protocol.mistakes import ZavaServer
from shared.reports.sales_analysis import ANALYSES
from tests.conftest import Database, MakeDatabase, caller_of
from tests.tools.calls import data_of, fault_of, head_and_csv, records, records_of, text_of
from tests.tools.conftest import ClientOf, connected, server_of
from tests.tools.planted_orders import LAST_DAY, Order, basket, customers_of, empty_stores, plant_orders
from tests.tools.raw_sales import Sold, cents, growth, share

pytestmark = pytest.mark.anyio

TOOL = "analyze_sales"
WHO = {"kirkland": date(2026, 12, 30), "west-region": date(2026, 12, 31), "head-office": date(2026, 12, 31)}
"""With the day of the latest order that each sees."""
SEATTLE, TACOMA, EVERETT, REDMOND, KIRKLAND = 1, 3, 5, 6, 7
ALL = {"limit": 1000}


def days_up_to(last: date, days: int) -> tuple[date, date]:
    return last - timedelta(days - 1), last


def of(sold: Sold, who: str, days: int, *, before: bool = False, category: str | None = None) -> Sold:
    first, last = days_up_to(WHO[who] - timedelta(days if before else 0), days)
    return sold.within(PEOPLE[who].store_ids, first, last, category)


@pytest.mark.parametrize("who", WHO)
async def test_daily_sales_have_a_row_a_day(client_of: ClientOf, sold: Sold, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, report="daily_sales", days=90, **ALL)
    first, last = days_up_to(WHO[who], 90)
    lines = of(sold, who, 90)
    by_day = lines.by("day")
    expected = []
    for ago in range(90):
        day = last - timedelta(ago)
        of_day = by_day.get((day,), Sold())
        counts = [of_day.orders, of_day.customers, of_day.pieces, float(of_day.revenue)]
        expected.append([day.isoformat(), *counts, of_day.average_basket, float(of_day.margin)])
    assert data["rows"] == expected
    assert [data["period_start"], data["period_end"]] == [first.isoformat(), last.isoformat()]
    before = of(sold, who, 90, before=True).revenue
    change = growth(lines.revenue, before) or 0
    moved = "about the same as" if abs(change) < 1 else f"{abs(change)} % {'above' if change > 0 else 'below'}"
    assert data["findings"][0].endswith(f", {moved} the days before.")
    best = max(by_day, key=lambda key: (by_day[key].revenue, key))
    assert data["findings"][1].startswith(f"Best day {best[0]} with")


@pytest.mark.parametrize("who", WHO)
async def test_top_products_by_revenue(client_of: ClientOf, sold: Sold, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, report="top_products", days=60, limit=50)
    products = of(sold, who, 60).by("product_id")
    order = sorted(products, key=lambda key: (-products[key].revenue, key))
    whole = of(sold, who, 60).revenue
    rows = records(data)
    assert [row["product_id"] for row in rows] == [number for (number,) in order[:50]]
    for place, row in enumerate(rows, 1):
        of_product = products[row["product_id"],]
        assert row["rank"] <= place
        assert (row["pieces"], row["orders"]) == (of_product.pieces, of_product.orders)
        assert (row["revenue"], row["margin"]) == (float(of_product.revenue), float(of_product.margin))
        assert (row["share_percent"], row["margin_percent"]) == (
            share(of_product.revenue, whole),
            of_product.margin_percent,
        )
        assert row["category"] == of_product[0].category
    assert data["truncated"] is (len(products) > 50)
    top = sum((products[key].revenue for key in order[:50]), Decimal(0))
    assert f"These 50 of {len(products)} products make {share(top, whole)} % of revenue." in data["findings"]


@pytest.mark.parametrize("who", WHO)
async def test_customers_by_revenue(client_of: ClientOf, sold: Sold, sample: Database, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, report="customer_analysis", days=120, limit=100)
    customers = of(sold, who, 120).by("customer_id")
    order = sorted(customers, key=lambda key: (-customers[key].revenue, key))
    rows = records(data)
    assert [row["customer_id"] for row in rows] == [number for (number,) in order[:100]]
    for row in rows:
        bought = customers[row["customer_id"],]
        assert (row["orders"], row["pieces"]) == (bought.orders, bought.pieces)
        assert (row["revenue"], row["margin"]) == (float(bought.revenue), float(bought.margin))
        assert row["average_basket"] == bought.average_basket
        assert row["last_order"] == max(line.day for line in bought).isoformat()
    with sample.as_superuser() as superuser:
        names = superuser.execute(
            "SELECT customer_id, first_name || ' ' || last_name FROM retail.customers WHERE customer_id = ANY (%s)",
            ([row["customer_id"] for row in rows],),
        ).fetchall()
    assert {row["customer_id"]: row["name"] for row in rows} == dict(names)
    again = [bought for bought in customers.values() if bought.orders > 1]
    spent = sum((bought.revenue for bought in again), Decimal(0))
    part = share(spent, of(sold, who, 120).revenue)
    assert f"{len(again):,} bought more than once and make {part} % of revenue." in data["findings"]


@pytest.mark.parametrize("who", WHO)
async def test_categories_beside_the_days_before(client_of: ClientOf, sold: Sold, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, report="category_performance", days=45)
    now, before = of(sold, who, 45).by("category"), of(sold, who, 45, before=True).by("category")
    whole = of(sold, who, 45).revenue
    rows = records(data)
    assert [row["category"] for row in rows] == [name for (name,) in sorted(now, key=lambda key: -now[key].revenue)]
    for row in rows:
        this, last = now[row["category"],], before[row["category"],]
        assert (row["revenue"], row["previous_revenue"]) == (float(this.revenue), float(last.revenue))
        assert (row["pieces"], row["orders"], row["margin"]) == (this.pieces, this.orders, float(this.margin))
        assert (row["share_percent"], row["margin_percent"]) == (share(this.revenue, whole), this.margin_percent)
        assert row["change_percent"] == growth(this.revenue, last.revenue)
    grown = {key: now[key].revenue - before[key].revenue for key in now}
    if max(grown.values()) > 0:
        assert f"Grew most: {max(grown, key=lambda key: grown[key])[0]} by" in " ".join(data["findings"])


@pytest.mark.parametrize("who", WHO)
async def test_trends_go_by_whole_weeks(client_of: ClientOf, sold: Sold, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, report="sales_trends", days=100, **ALL)
    rows = records(data)
    assert len(rows) == 15
    assert data["period_start"] == rows[-1]["week_start"] == (WHO[who] - timedelta(104)).isoformat()
    weeks = []
    for ago in range(19):
        last = WHO[who] - timedelta(7 * ago)
        weeks.append(sold.within(PEOPLE[who].store_ids, last - timedelta(6), last))
    for ago, row in enumerate(rows):
        week = weeks[ago]
        assert row["week_end"] == (WHO[who] - timedelta(7 * ago)).isoformat()
        assert (row["orders"], row["customers"], row["pieces"]) == (week.orders, week.customers, week.pieces)
        assert (row["revenue"], row["margin"]) == (float(week.revenue), float(week.margin))
        assert row["change_percent"] == growth(week.revenue, weeks[ago + 1].revenue)
        four = sum((weeks[ago + more].revenue for more in range(4)), Decimal(0))
        assert row["moving_average"] == cents(four / 4)


@pytest.mark.parametrize("report", ANALYSES)
async def test_filters_leave_what_they_name(client_of: ClientOf, sold: Sold, report: str) -> None:
    async with client_of("head-office") as client:
        data = await data_of(client, TOOL, report=report, store="Seattle", category="hand tools", days=28, limit=1000)
    lines = sold.within([SEATTLE], "2026-12-04", "2026-12-31", "Hand Tools")
    assert data["stores"] == ["Zava Retail Seattle"]
    assert data["title"].endswith(", Zava Retail Seattle, Hand Tools")
    rows = records(data)
    assert sum(row["revenue"] for row in rows) == pytest.approx(float(lines.revenue))
    assert sum(row["pieces"] for row in rows) == lines.pieces


async def test_a_foreign_store_and_an_unknown_category_are_refused(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        foreign = await fault_of(client, TOOL, report="daily_sales", store="Seattle")
        unknown = await fault_of(client, TOOL, report="daily_sales", category="Groceries")
    assert foreign["code"] == "VALIDATION_ERROR"
    assert unknown["code"] == "VALIDATION_ERROR"
    assert "Hand Tools" in unknown["remedy"]


async def test_who_sees_no_store_gets_nothing(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        answers = [await data_of(client, TOOL, report=report) for report in ANALYSES]
    for data in answers:
        assert (data["rows"], data["stores"], data["nothing_because"]) == ([], [], "You see no stores.")
        assert (data["period_start"], data["period_end"], data["compared_with"]) == (None, None, {})


WRONG: list[dict[str, Any]] = [
    {},
    {"report": "custom"},
    {"report": "daily_sales", "days": 0},
    {"report": "daily_sales", "days": 366},
    {"report": "daily_sales", "days": 1.5},
    {"report": "daily_sales", "limit": 0},
    {"report": "daily_sales", "limit": 1001},
    {"report": "daily_sales", "limit": "many"},
    {"report": "daily_sales", "category": "c" * 201},
    {"report": "daily_sales", "category": "\ud800"},
    {"report": "daily_sales", "store": {}},
    {"report": "daily_sales", "period": "2026"},
]


async def test_arguments_have_bounds(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for arguments in WRONG:
            assert (await fault_of(client, TOOL, **arguments))["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("report", ANALYSES)
async def test_cut_rows_are_the_first_and_change_no_finding_about_all(client_of: ClientOf, report: str) -> None:
    async with client_of("kirkland") as client:
        whole = await data_of(client, TOOL, report=report, days=60, **ALL)
        cut = await data_of(client, TOOL, report=report, days=60, limit=3)
    assert cut["rows"] == whole["rows"][:3]
    assert (cut["truncated"], whole["truncated"]) == (True, False)
    if report in ("daily_sales", "category_performance", "customer_analysis"):
        assert cut["findings"] == whole["findings"]
    assert not any(column["name"].startswith("all_") for column in cut["columns"])


@pytest.mark.parametrize("report", ANALYSES)
async def test_pages_are_the_whole(client_of: ClientOf, report: str) -> None:
    asked = {"report": report, "days": 28}
    async with client_of("kirkland") as client:
        whole = await data_of(client, TOOL, **asked, **ALL)
        size = -(-len(whole["rows"]) // 3)
        first = await client.call_tool(TOOL, {**asked, "limit": size})
        assert first.structured_content
        rows, cursor = first.structured_content["rows"], first.structured_content["next_cursor"]
        assert f"go on with cursor {cursor})" in text_of(first)
        while cursor:
            page = await data_of(client, TOOL, **asked, limit=size, cursor=cursor)
            rows, cursor = rows + page["rows"], page["next_cursor"]
    assert rows == whole["rows"]


@pytest.mark.parametrize("report", ANALYSES)
async def test_text_costs_little_more_than_the_rows(client_of: ClientOf, report: str) -> None:
    async with client_of("head-office") as client:
        result = await client.call_tool(TOOL, {"report": report, "days": 90})
    assert result.structured_content
    head, csv = head_and_csv(result)
    assert len(head.encode()) <= 0.2 * len(csv.encode())
    assert head.startswith(result.structured_content["title"])
    assert result.structured_content["findings"][0] in head


async def test_every_column_of_money_shares_and_pieces_has_its_unit(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for report in ANALYSES:
            columns = (await data_of(client, TOOL, report=report))["columns"]
            units = {column["name"]: column["unit"] for column in columns}
            assert (units["revenue"], units["margin"], units["pieces"]) == ("USD", "USD", "pieces")
            assert all(unit == "per cent" for name, unit in units.items() if name.endswith("percent"))


@pytest.fixture(scope="module")
def planted(make_database: MakeDatabase) -> Database:
    """Kirkland: one order of two pieces on the last day, one on the leap day of 2024. Redmond: a year of Mondays.
    Seattle: much, on the same days. Everett: nothing."""
    database = make_database()
    empty_stores(database)
    [kirkland], [redmond], [seattle] = (customers_of(database, store, 1) for store in (KIRKLAND, REDMOND, SEATTLE))
    leap = (LAST_DAY - date(2024, 2, 29)).days
    plant_orders(
        database,
        [
            Order(KIRKLAND, kirkland, [(1, 2, 10)]),
            Order(KIRKLAND, kirkland, [(2, 1, 7.5)], leap),
            *(basket(REDMOND, redmond, 1, days_ago=7 * week) for week in range(3)),
            *(Order(SEATTLE, seattle, [(1, 100, 999)], day) for day in range(40)),
        ],
    )
    return database


class TestPlanted:
    """Where one knows each order."""

    @pytest.fixture(scope="class")
    async def shared_server(self, planted: Database) -> AsyncIterator[ZavaServer]:
        async with server_of(planted) as server:
            yield server

    async def test_a_single_order(self, client_of: ClientOf) -> None:
        async with client_of("kirkland") as client:
            days = await data_of(client, TOOL, report="daily_sales", days=1)
            trends = await records_of(client, TOOL, report="sales_trends", days=1)
            customers = await data_of(client, TOOL, report="customer_analysis", days=365)
        assert [row[:5] for row in days["rows"]] == [["2026-06-30", 1, 1, 2, 20.0]]
        assert days["findings"] == [
            "Revenue 20.00 USD, after none in the days before.",
            "Best day 2026-06-30 with 20.00 USD.",
        ]
        assert [(row["week_start"], row["revenue"], row["change_percent"]) for row in trends] == [
            ("2026-06-24", 20.0, None)
        ]
        assert trends[0]["moving_average"] == 5.0
        assert customers["findings"] == ["1 customer, 20.00 USD each."]

    async def test_a_leap_day_and_a_year_around_it(self, client_of: ClientOf) -> None:
        async with client_of("kirkland") as client:
            [leap_day, month, year] = [
                records(await data_of(client, "get_store_performance", store=7, period=period))[0]
                for period in ("2024-02-29/2024-02-29", "2025-02", "2024")
            ]
        assert (leap_day["value"], leap_day["year_ago"]) == (7.5, 0)
        assert (month["value"], month["year_ago"], month["year_change_percent"]) == (0, 7.5, -100)
        assert year["value"] == 7.5

    async def test_foreign_orders_change_nothing(self, planted: Database) -> None:
        async def told() -> list[dict[str, Any]]:
            """By a server that has kept no answer."""
            async with server_of(planted) as server, connected(server, caller_of("kirkland")) as client:
                analyses = [await data_of(client, TOOL, report=report, **ALL) for report in ANALYSES]
                return [*analyses, await data_of(client, "get_store_performance", store=7, period="this_month")]

        before = await told()
        [customer] = customers_of(planted, KIRKLAND, 1)  # Kirkland's own, at another store and on a later day
        plant_orders(planted, [Order(TACOMA, customer, [(1, 500, 99)], day) for day in range(-5, 30)])
        assert await told() == before

    async def test_weeks_before_the_first_order_have_no_average(self, client_of: ClientOf) -> None:
        async with client_of("head-office") as client:
            rows = await records_of(client, TOOL, report="sales_trends", store="Redmond", days=21)
        assert [(row["revenue"], row["change_percent"], row["moving_average"]) for row in rows] == [
            *((10.0, 0, None), (10.0, None, None), (10.0, None, None)),
        ]

    async def test_a_store_without_orders_has_nothing(self, client_of: ClientOf) -> None:
        async with client_of("everett") as client:
            analysis = await data_of(client, TOOL, report="top_products")
            performance = await data_of(client, "get_store_performance", store="Everett")
        for data in (analysis, performance):
            assert (data["rows"], data["nothing_because"]) == ([], "There are no orders in these stores.")
            assert data["stores"] == ["Zava Retail Everett"]

    async def test_a_category_that_did_not_sell(self, client_of: ClientOf) -> None:
        async with client_of("kirkland") as client:
            products = await data_of(client, TOOL, report="top_products", category="Lumber & Building Materials")
            days = await data_of(client, TOOL, report="daily_sales", category="Lumber & Building Materials", days=2)
        assert (products["rows"], products["nothing_because"]) == ([], "There is nothing of it in the period.")
        assert [row[1:6] for row in days["rows"]] == [[0, 0, 0, 0, None]] * 2
        assert days["findings"][0] == "Nothing was sold."
