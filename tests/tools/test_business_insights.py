"""Insights, against the same figures worked out in Python from the superuser's rows."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.people import PEOPLE
from shared.protocol.mistakes import ZavaServer
from shared.reports.business_insights import INSIGHTS
from tests.conftest import Database, MakeDatabase, caller_of
from tests.tools.calls import data_of, fault_of, head_and_csv, records, records_of
from tests.tools.conftest import ClientOf, connected, server_of
from tests.tools.planted_orders import LAST_DAY, Order, customers_of, empty_stores, plant_orders, plant_stock
from tests.tools.raw_sales import Sold, cents, growth, share, tenths

pytestmark = pytest.mark.anyio

TOOL = "generate_business_insights"
WHO = {"kirkland": date(2026, 12, 30), "west-region": date(2026, 12, 31), "head-office": date(2026, 12, 31)}
"""With the day of the latest order that each sees."""
SEATTLE, TACOMA, SPOKANE, EVERETT, KIRKLAND = 1, 3, 4, 5, 7
RISKS = ["out of stock", "low stock", "overstock", "unsold"]


def of(sold: Sold, who: str, days: int, *, before: bool = False) -> Sold:
    last = WHO[who] - timedelta(days if before else 0)
    return sold.within(PEOPLE[who].store_ids, last - timedelta(days - 1), last)


@pytest.mark.parametrize("who", WHO)
async def test_a_summary_adds_up_all_stores(client_of: ClientOf, sold: Sold, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, kind="summary")
    rows = {record["metric"]: record for record in records(data)}
    now, before = of(sold, who, 30), of(sold, who, 30, before=True)
    for metric in ("revenue", "orders", "pieces", "customers", "margin", "margin_percent", "average_basket"):
        assert rows[metric]["value"] == pytest.approx(float(getattr(now, metric)), abs=1e-6), metric
        assert rows[metric]["previous"] == pytest.approx(float(getattr(before, metric)), abs=1e-6), metric
    assert ("rank" in rows) is (who == "kirkland")
    assert len(data["stores"]) == len(PEOPLE[who].store_ids)


@pytest.mark.parametrize("who", WHO)
async def test_segments_by_recency_frequency_and_spending(client_of: ClientOf, sold: Sold, who: str) -> None:
    days = 365
    async with client_of(who) as client:
        data = await data_of(client, TOOL, kind="customer_segmentation", days=days)
    customers = of(sold, who, days).by("customer_id")
    spent = sorted(bought.revenue for bought in customers.values())
    bar = next(amount for place, amount in enumerate(spent) if place >= Decimal("0.8") * (len(spent) - 1))
    segments: dict[str, list[Sold]] = {}
    for bought in customers.values():
        ago = (WHO[who] - max(line.day for line in bought)).days
        again, high = bought.orders > 1, bought.revenue >= bar
        kinds = {(True, True): "champions", (True, False): "loyal", (False, True): "big spenders"}
        lapsed = "at risk" if again or high else "lapsing"
        segments.setdefault(kinds.get((again, high), "recent") if ago < 122 else lapsed, []).append(bought)
    rows = {row["segment"]: row for row in records(data)}
    assert set(rows) == set(segments)
    whole = sum(spent, Decimal(0))
    for name, members in segments.items():
        row, revenue = rows[name], sum((bought.revenue for bought in members), Decimal(0))
        assert (row["customers"], row["revenue"]) == (len(members), float(revenue))
        assert row["share_percent"] == share(revenue, whole)
        assert row["customers_percent"] == share(Decimal(len(members)), Decimal(len(spent)))
        assert row["revenue_per_customer"] == cents(revenue / len(members))
        assert row["margin"] == float(sum((bought.margin for bought in members), Decimal(0)))
        orders = Decimal(sum(bought.orders for bought in members))
        assert row["orders_per_customer"] == cents(orders / len(members))
    assert data["rows"] == sorted(data["rows"], key=lambda row: -row[3])
    assert data["findings"][0].startswith(f"Most revenue: {data['rows'][0][0]} (")


@pytest.mark.parametrize("who", WHO)
async def test_products_have_a_class_and_a_trend(client_of: ClientOf, sold: Sold, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, kind="product_performance", limit=1000)
    now, before = of(sold, who, 90).by("product_id"), of(sold, who, 90, before=True).by("product_id")
    rows = records(data)
    order = sorted(now.keys() | before.keys(), key=lambda key: (-now.get(key, Sold()).revenue, key))
    assert [(row["product_id"],) for row in rows] == order
    whole, so_far, classes, trends = of(sold, who, 90).revenue, Decimal(0), Counter[str](), Counter[str]()
    for row, key in zip(rows, order, strict=True):
        this, last = now.get(key, Sold()), before.get(key, Sold())
        change = growth(this.revenue, last.revenue)
        assert (row["revenue"], row["previous_revenue"]) == (float(this.revenue), float(last.revenue))
        assert (row["pieces"], row["margin"]) == (this.pieces, float(this.margin))
        assert row["change_percent"] == change
        expected = (
            "C" if not this or so_far >= Decimal("0.95") * whole else "B" if so_far >= Decimal("0.8") * whole else "A"
        )
        assert row["class"] == expected
        trend = "started" if change is None else "stopped" if not this else "steady"
        if trend == "steady" and change is not None and abs(change) >= 25:
            trend = "rising" if change > 0 else "falling"
        assert row["trend"] == trend
        so_far += this.revenue
        classes[row["class"]] += 1
        trends[trend] += 1
    assert data["findings"][0] == (
        f"{classes['A']} of {len(rows)} products make 80 % of revenue;"
        f" {trends['rising'] + trends['started']} rise or started,"
        f" {trends['falling'] + trends['stopped']} fall or stopped."
    )


@pytest.mark.parametrize(("who", "last"), [("kirkland", "2026-11-30"), ("head-office", "2026-12-31")])
async def test_seasons_go_by_whole_months(client_of: ClientOf, sold: Sold, who: str, last: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, kind="seasonal_trends")
    end = date.fromisoformat(last)
    begin = end.replace(year=2024) + timedelta(1)
    middle = begin.replace(year=begin.year + 1)
    lines = sold.within(PEOPLE[who].store_ids, begin, end)
    assert [data["period_start"], data["period_end"]] == [middle.isoformat(), last]
    assert data["compared_with"] == {"previous": [begin.isoformat(), (middle - timedelta(1)).isoformat()]}
    calendar = Counter((begin + timedelta(day)).month for day in range((end - begin).days + 1))
    average = lines.revenue / calendar.total()
    usual = {category: of_category.revenue / calendar.total() for category, of_category in lines.by("category").items()}
    months = lines.by("month")
    rows = records(data)
    assert [row["month"] for row in rows] == list(range(1, 13))
    for row in rows:
        month = months[row["month"],]
        this = Sold(line for line in month if line.day >= middle)
        before = Sold(line for line in month if line.day < middle)
        assert (row["revenue"], row["previous_revenue"]) == (float(this.revenue), float(before.revenue))
        assert row["change_percent"] == growth(this.revenue, before.revenue)
        days = calendar[row["month"]]
        assert row["seasonal_index"] == share(month.revenue / days, average, "1")
        surplus = {key: of_key.revenue - usual[key] * days for key, of_key in month.by("category").items()}
        assert (row["strongest_category"],) == max(surplus, key=lambda key: surplus[key])
    seasons = [f"{row['month_name']} ({row['strongest_category']})" for row in rows if row["seasonal_index"] >= 110]
    assert f"Season: {', '.join(seasons)}." in data["findings"]
    strongest = max(rows, key=lambda row: row["seasonal_index"])
    assert f"Strongest month: {strongest['month_name']} at {strongest['seasonal_index']} %" in data["findings"][0]


@pytest.mark.parametrize("who", WHO)
async def test_stock_against_sales(client_of: ClientOf, sold: Sold, sample: Database, who: str) -> None:
    async with client_of(who) as client:
        data = await data_of(client, TOOL, kind="inventory_risks", days=60, limit=1000)
    sales = of(sold, who, 60).by("store_id", "product_id")
    with sample.as_superuser() as superuser:
        stock = superuser.execute(
            "SELECT store_id, product_id, stock_level, cost, store_name FROM retail.inventory"
            " JOIN retail.products USING (product_id) JOIN retail.stores USING (store_id) WHERE store_id = ANY (%s)",
            (list(PEOPLE[who].store_ids),),
        ).fetchall()
    expected = []
    for store, product, level, cost, name in stock:
        lines = sales.get((store, product), Sold())
        cover = Decimal(level * 60) / lines.pieces if lines else None
        if not level and not lines or cover is not None and 14 <= cover <= 180:
            continue
        risk = 3 if cover is None else 0 if not level else 1 if cover < 14 else 2
        weight = lines.revenue if risk < 2 else level * cost
        told = [RISKS[risk], name, product, level, lines.pieces, tenths(cover), float(level * cost)]
        expected.append(((risk, -weight, store, product), told))
    told_of = ("risk", "store", "product_id", "stock_level", "pieces", "days_of_cover", "stock_value")
    rows = [[row[name] for name in told_of] for row in records(data)]
    assert rows == [told for _, told in sorted(expected)[:1000]]
    assert data["truncated"] is (len(expected) > 1000)
    counts = Counter(told[0] for _, told in expected)
    assert data["findings"][0].startswith(f"{counts['out of stock']} out of stock that sold ")
    assert f"{counts['low stock']} with stock for fewer than 14 days." in data["findings"]


@pytest.mark.parametrize("kind", INSIGHTS)
async def test_an_insight_into_one_store_is_that_of_its_manager(client_of: ClientOf, kind: str) -> None:
    told = []
    for who in ("kirkland", "head-office"):
        async with client_of(who) as client:
            told.append(await data_of(client, TOOL, kind=kind, store="Kirkland", limit=1000))
    first, second = told
    if kind == "summary":  # but for the rank, which is among the stores that one sees
        first["rows"], second["rows"] = first["rows"][:-1], second["rows"][:-1]
        first["findings"], second["findings"] = first["findings"][:1], second["findings"][:1]
    assert first == second


@pytest.mark.parametrize("kind", INSIGHTS)
async def test_cut_rows_are_the_first_and_change_no_finding(client_of: ClientOf, kind: str) -> None:
    async with client_of("kirkland") as client:
        whole = await data_of(client, TOOL, kind=kind, limit=1000)
        cut = await data_of(client, TOOL, kind=kind, limit=2)
    assert (cut["rows"], cut["row_count"]) == (whole["rows"][:2], 2)
    assert (cut["truncated"], whole["truncated"]) == (True, False)
    assert cut["findings"] == whole["findings"]
    assert not any(column["name"].startswith("all_") for column in cut["columns"])


@pytest.mark.parametrize("kind", INSIGHTS)
async def test_pages_are_the_whole_and_findings_stand_on_the_first(client_of: ClientOf, kind: str) -> None:
    async with client_of("kirkland") as client:
        whole = await data_of(client, TOOL, kind=kind, limit=1000)
        size = -(-len(whole["rows"]) // 3)
        pages = [await data_of(client, TOOL, kind=kind, limit=size)]
        while pages[-1]["next_cursor"]:
            pages.append(await data_of(client, TOOL, kind=kind, limit=size, cursor=pages[-1]["next_cursor"]))
        other = await fault_of(client, TOOL, kind=kind, limit=size + 1, cursor=pages[0]["next_cursor"])
    assert [row for page in pages for row in page["rows"]] == whole["rows"]
    assert [page["truncated"] for page in pages] == [*[True] * (len(pages) - 1), False]
    assert pages[0]["findings"] == whole["findings"]
    assert not {*pages[1]["findings"]} & {whole["findings"][0]}
    assert (other["code"], whole["next_cursor"]) == ("VALIDATION_ERROR", None)


async def test_who_sees_no_store_gets_nothing(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        answers = [await data_of(client, TOOL, kind=kind) for kind in INSIGHTS]
        fault = await fault_of(client, TOOL, kind="summary", store="Kirkland")
    for data in answers:
        assert (data["rows"], data["stores"], data["nothing_because"]) == ([], [], "You see no stores.")
    assert fault["code"] == "VALIDATION_ERROR"


async def test_text_costs_little_more_than_the_rows(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        results = [await client.call_tool(TOOL, {"kind": kind}) for kind in INSIGHTS]
    for result in results:
        assert result.structured_content
        head, csv = head_and_csv(result)
        assert len(head.encode()) <= 0.2 * len(csv.encode())
        assert result.structured_content["findings"][0] in head


WRONG: list[dict[str, Any]] = [
    {},
    {"kind": "everything"},
    {"kind": "summary", "days": 0},
    {"kind": "summary", "days": 366},
    {"kind": "seasonal_trends", "days": 30},
    {"kind": "summary", "limit": 0},
    {"kind": "inventory_risks", "limit": 1001},
    {"kind": "summary", "category": "Plumbing"},
]


async def test_arguments_have_bounds(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for arguments in WRONG:
            assert (await fault_of(client, TOOL, **arguments))["code"] == "VALIDATION_ERROR"


@pytest.fixture(scope="module")
def planted(make_database: MakeDatabase) -> Database:
    """Kirkland's stock is known; Everett has sold for eleven months, Spokane nothing, Seattle much of everything."""
    database = make_database()
    empty_stores(database)
    [kirkland], [everett], [seattle] = (customers_of(database, store, 1) for store in (KIRKLAND, EVERETT, SEATTLE))
    plant_orders(
        database,
        [
            *(Order(KIRKLAND, kirkland, [(product, 9, 10)], 3) for product in range(1, 7)),
            Order(EVERETT, everett, [(1, 1, 10)], 330),
            Order(EVERETT, everett, [(1, 1, 10)]),
            Order(SEATTLE, seattle, [(product, 1000, 10) for product in range(1, 20)], 1),
        ],
    )
    # 9 pieces in 90 days: a piece lasts ten days. Of product 6 there is no row of stock.
    levels = {1: 0, 2: 1, 3: 2, 4: 18, 5: 19, 7: 4, 8: 0}
    plant_stock(database, {(KIRKLAND, product): level for product, level in levels.items()})
    plant_stock(database, {(SEATTLE, product): 5 for product in range(1, 20)})
    return database


class TestPlanted:
    """Where one knows each order and each piece."""

    @pytest.fixture(scope="class")
    async def shared_server(self, planted: Database) -> AsyncIterator[ZavaServer]:
        async with server_of(planted) as server:
            yield server

    async def test_each_risk_begins_where_it_is_said(self, client_of: ClientOf) -> None:
        async with client_of("kirkland") as client:
            rows = await records_of(client, TOOL, kind="inventory_risks")
        assert [(row["risk"], row["product_id"], row["days_of_cover"]) for row in rows] == [
            ("out of stock", 1, 0),
            ("out of stock", 6, 0),
            ("low stock", 2, 10),
            ("overstock", 5, 190),
            ("unsold", 7, None),
        ]

    async def test_a_single_customer_is_one_segment(self, client_of: ClientOf) -> None:
        async with client_of("kirkland") as client:
            rows = await records_of(client, TOOL, kind="customer_segmentation")
        assert [(row["segment"], row["customers"], row["share_percent"]) for row in rows] == [("loyal", 1, 100)]
        assert rows[0]["days_since_order"] == 0  # from the latest order that the manager sees

    async def test_seasons_want_twelve_whole_months(self, client_of: ClientOf) -> None:
        async with client_of("everett") as client:
            data = await data_of(client, TOOL, kind="seasonal_trends")
        assert (data["rows"], data["nothing_because"]) == ([], "The orders do not cover twelve whole months.")
        assert data["period_start"] is None

    async def test_a_store_without_orders_has_nothing(self, client_of: ClientOf) -> None:
        async with client_of("spokane") as client:
            for kind in INSIGHTS:
                data = await data_of(client, TOOL, kind=kind)
                assert (data["rows"], data["nothing_because"]) == ([], "There are no orders in these stores.")

    async def test_foreign_orders_and_stock_change_nothing(self, planted: Database) -> None:
        async def told() -> list[dict[str, Any]]:
            """By a server that has kept no answer."""
            async with server_of(planted) as server, connected(server, caller_of("kirkland")) as client:
                return [await data_of(client, TOOL, kind=kind) for kind in INSIGHTS]

        before = await told()
        [customer] = customers_of(planted, KIRKLAND, 1)
        plant_orders(planted, [Order(TACOMA, customer, [(1, 500, 99)], day) for day in range(-5, 400, 7)])
        plant_stock(planted, {(TACOMA, product): 0 for product in range(1, 9)})
        assert await told() == before
        assert LAST_DAY.isoformat() > before[0]["period_end"]
