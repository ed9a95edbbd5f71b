"""Recommendations on planted orders, where one knows which are right. Each type has a store, and its manager asks."""

from collections.abc import AsyncIterator
from math import log
from typing import Any

import pytest
from mcp import Client

from shared.protocol.mistakes import ZavaServer
from tests.conftest import Database, MakeDatabase, caller_of
from tests.tools.calls import data_of, fault_of, text_of
from tests.tools.conftest import ClientOf, connected, server_of
from tests.tools.planted_orders import (
    basket,
    customers_of,
    empty_stores,
    plant_embeddings,
    plant_orders,
    plant_stock,
)
from tests.tools.planted_sales import (
    BESTSELLER,
    BITS,
    DRILL,
    EMBEDDED,
    EVERETT,
    FORMERLY,
    GLUE,
    HAMMER,
    KIRKLAND,
    NAILS,
    OWN,
    RARE,
    RISING,
    RISING_DEARER,
    SEATTLE,
    STEADY,
    TACOMA,
    TARP,
    TIE_A,
    TIE_B,
    all_orders,
)

pytestmark = pytest.mark.anyio

TOOL = "get_product_recommendations"


@pytest.fixture(scope="module")
def planted(make_database: MakeDatabase) -> Database:
    database = make_database()
    empty_stores(database)
    plant_orders(database, all_orders(database))
    plant_stock(
        database, {(KIRKLAND, 102): 5, (SEATTLE, 102): 7, (TACOMA, 102): 3, (KIRKLAND, 103): 0, (SEATTLE, 103): 4}
    )
    plant_stock(database, {(KIRKLAND, TIE_A): 1})
    plant_embeddings(database, EMBEDDED)
    return database


@pytest.fixture(scope="module")
async def shared_server(planted: Database) -> AsyncIterator[ZavaServer]:
    async with server_of(planted) as server:
        yield server


async def products_of(client: Client, recommendation_type: str, **arguments: Any) -> list[dict[str, Any]]:
    data = await data_of(client, TOOL, recommendation_type=recommendation_type, **arguments)
    products: list[dict[str, Any]] = data["products"]
    assert (data["row_count"], data["nothing_because"] is None) == (len(products), bool(products))
    return products


def ids(products: list[dict[str, Any]]) -> list[int]:
    return [product["product_id"] for product in products]


def log_likelihood(both: int, one: int, other: int, among: int) -> float:
    """Dunning's ratio by entropies, as textbooks have it: another way than the server's."""

    def entropy(*counts: int) -> float:
        return sum(-count * log(count / sum(counts)) for count in counts if count)

    cells = (both, one - both, other - both, among - one - other + both)
    return 2 * (entropy(one, among - one) + entropy(other, among - other) - entropy(*cells))


async def test_what_belongs_together_comes_before_the_best_seller(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        products = await products_of(client, "cross_sell", product_id=HAMMER)
    assert ids(products) == [NAILS, TIE_A, TIE_B, BESTSELLER]
    assert products[0]["basis"] == "bought together in 8 of 20 orders, 8.9 times as often as by chance"
    assert products[3]["basis"] == "bought together in 16 of 20 orders, 1.1 times as often as by chance"
    expected = [(8, 9), (4, 24), (4, 24), (16, 150)]
    assert [product["score"] for product in products] == [
        pytest.approx(log_likelihood(both, 20, other, 200), abs=0.051) for both, other in expected
    ]


async def test_products_of_equal_evidence_come_in_the_order_of_their_numbers(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        first, *again = [await products_of(client, "cross_sell", product_id=HAMMER) for _ in range(3)]
    assert first[1]["score"] == first[2]["score"]
    assert again == [first, first]


async def test_a_longer_period_finds_what_was_bought_together_before(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        recent = await data_of(client, TOOL, recommendation_type="cross_sell", product_id=HAMMER)
        longer = await data_of(client, TOOL, recommendation_type="cross_sell", product_id=HAMMER, days=91)
    assert (recent["period_start"], recent["period_end"]) == ("2026-04-02", "2026-06-30")
    assert (longer["period_start"], longer["period_end"]) == ("2026-04-01", "2026-06-30")
    assert FORMERLY not in ids(recent["products"])
    assert "10 of 30 orders" in next(row for row in longer["products"] if row["product_id"] == FORMERLY)["basis"]


async def test_a_customer_is_offered_what_buyers_of_the_same_bought(client_of: ClientOf, planted: Database) -> None:
    first, second = customers_of(planted, EVERETT, 2)
    async with client_of("everett") as client:
        products = await products_of(client, "customer_based", customer_id=first)
        [own, *_] = await products_of(client, "customer_based", customer_id=second)
    # Of 61 others 13 bought the drill, 11 bits and 9 both; 12 bought the other product, 8 of them bits.
    assert ids(products) == [BITS, BESTSELLER]
    assert products[0]["basis"].startswith("bought by 9 of the 13 other customers who bought ")
    evidence = log_likelihood(9, 13, 11, 61) + log_likelihood(8, 12, 11, 61)
    assert products[0]["score"] == pytest.approx(evidence, abs=0.051)
    # The second customer's own drill is not counted among the others'.
    assert own["product_id"] == OWN
    assert own["basis"].startswith("bought by 12 of the 12 other customers who bought ")


async def test_a_customer_is_never_offered_what_it_has(client_of: ClientOf, planted: Database) -> None:
    async with client_of("everett") as client:
        for customer in customers_of(planted, EVERETT, 8):
            products = await products_of(client, "customer_based", customer_id=customer, max_results=50)
            with planted.as_superuser() as superuser:
                has = superuser.execute(
                    "SELECT product_id FROM retail.orders JOIN retail.order_items USING (store_id, order_id)"
                    " WHERE customer_id = %s",
                    (customer,),
                ).fetchall()
            assert has
            assert not {product for (product,) in has} & set(ids(products))


async def test_only_what_grew_in_pieces_and_revenue_is_a_trend(client_of: ClientOf) -> None:
    async with client_of("spokane") as client:
        rising, dearer = await products_of(client, "trending")
    # (60 + 20) / (20 + 20): twice as many.
    assert (rising["product_id"], rising["score"]) == (RISING, 100)
    # The pieces, (40 + 20) / (20 + 20), grew less than the revenue.
    assert (dearer["product_id"], dearer["score"]) == (RISING_DEARER, 50)
    assert rising["basis"] == "60 pieces after 20, 600.00 dollars after 200.00"


async def test_a_trend_compares_with_as_many_days_before(client_of: ClientOf) -> None:
    async with client_of("spokane") as client:
        products = await products_of(client, "trending", days=15)
    # Days 0 to 14 against 15 to 29, on five of which was sold as well.
    assert {row["product_id"]: row["basis"] for row in products}[RISING] == (
        "45 pieces after 15, 450.00 dollars after 150.00"
    )


async def test_similar_products_are_the_nearest_descriptions(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(client, TOOL, recommendation_type="similar_products", product_id=101)
    assert [(row["product_id"], row["score"]) for row in data["products"]] == [
        *[(103, 80), (104, 80), (102, 60), (105, 0), (106, -100)]
    ]
    assert "cosine" in data["method"]
    assert (data["period_start"], data["period_end"]) == (None, None)


async def test_without_an_embedding_products_of_the_type_and_near_price_are_similar(
    client_of: ClientOf, planted: Database
) -> None:
    with planted.as_superuser() as superuser:
        of_type = superuser.execute(
            "SELECT product_id, base_price FROM retail.products WHERE type_id ="
            " (SELECT type_id FROM retail.products WHERE product_id = %s)",
            (HAMMER,),
        ).fetchall()
    price = float(dict(of_type)[HAMMER])
    nearness = {
        number: 100 * min(other, price) / max(other, price)
        for number, other in ((number, float(other)) for number, other in of_type)
        if number != HAMMER
    }
    async with client_of("kirkland") as client:
        data = await data_of(client, TOOL, recommendation_type="similar_products", product_id=HAMMER, max_results=50)
    assert ids(data["products"]) == sorted(nearness, key=lambda number: (-nearness[number], number))
    assert [row["score"] for row in data["products"]] == [
        pytest.approx(nearness[number], abs=0.051) for number in ids(data["products"])
    ]
    assert "no embedding" in data["method"]


@pytest.mark.parametrize(
    ("name", "stock"), [("kirkland", (5, 1)), ("west-region", (12, 2)), ("head-office", (15, 3)), ("spokane", (0, 0))]
)
async def test_stock_is_that_of_the_callers_stores(client_of: ClientOf, name: str, stock: tuple[int, int]) -> None:
    async with client_of(name) as client:
        products = await products_of(client, "similar_products", product_id=101)
    assert next((row["stock_level"], row["stores_with_stock"]) for row in products if row["product_id"] == 102) == stock


@pytest.mark.parametrize(("name", "found"), [("kirkland", [102]), ("west-region", [103, 102]), ("spokane", [])])
async def test_only_what_the_callers_stores_have_is_told_where_asked(
    client_of: ClientOf, name: str, found: list[int]
) -> None:
    async with client_of(name) as client:
        assert ids(await products_of(client, "similar_products", product_id=101, in_stock_only=True)) == found


async def test_a_product_has_its_name_category_and_price(client_of: ClientOf, planted: Database) -> None:
    async with client_of("kirkland") as client:
        [product, *_] = await products_of(client, "cross_sell", product_id=HAMMER)
    with planted.as_superuser() as superuser:
        [expected] = superuser.execute(
            "SELECT sku, product_name, category_name, base_price::float8 FROM retail.products"
            " JOIN retail.categories USING (category_id) WHERE product_id = %s",
            (NAILS,),
        ).fetchall()
    assert tuple(product[part] for part in ("sku", "name", "category", "price")) == expected


async def test_a_cut_is_told(client_of: ClientOf) -> None:
    asked = {"recommendation_type": "cross_sell", "product_id": HAMMER}
    async with client_of("kirkland") as client:
        whole = await data_of(client, TOOL, **asked, max_results=4)
        cut = await data_of(client, TOOL, **asked, max_results=3)
    assert (whole["row_count"], whole["truncated"]) == (4, False)
    assert (cut["row_count"], cut["truncated"]) == (3, True)
    assert cut["products"] == whole["products"][:3]


async def test_the_text_says_method_period_and_products_as_csv(client_of: ClientOf) -> None:
    async with client_of("spokane") as client:
        result = await client.call_tool(TOOL, {"recommendation_type": "trending"})
    method, period, names, row, _, end = text_of(result).split("\n")
    assert result.structured_content
    assert (method, end) == (result.structured_content["method"], "")
    assert period == "Orders from 2026-04-02 to 2026-06-30."
    assert names == "product_id,sku,name,category,price,score,basis,stock_level,stores_with_stock"
    assert row.startswith(f"{RISING},")


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("bellevue", {"recommendation_type": "trending"}, "You see no orders."),
        ("nobody", {"recommendation_type": "trending"}, "You see no orders."),
        ("bellevue", {"recommendation_type": "cross_sell", "product_id": HAMMER}, "You see no orders."),
        (
            "spokane",
            {"recommendation_type": "cross_sell", "product_id": NAILS},
            "The product is in no order of the period.",
        ),
        (
            "kirkland",
            {"recommendation_type": "cross_sell", "product_id": RARE},
            "No other product is in 3 orders with it",
        ),
        ("spokane", {"recommendation_type": "trending", "in_stock_only": True}, "none of them is in stock"),
        ("redmond", {"recommendation_type": "trending", "days": 5}, "No product sold 3 times and grew by 25 %"),
        ("kirkland", {"recommendation_type": "similar_products", "product_id": 101, "in_stock_only": True}, None),
    ],
)
async def test_an_empty_result_says_why(
    client_of: ClientOf, name: str, arguments: dict[str, Any], reason: str | None
) -> None:
    async with client_of(name) as client:
        data = await data_of(client, TOOL, **arguments)
        text = text_of(await client.call_tool(TOOL, arguments))
    assert bool(data["products"]) is (reason is None)
    assert reason in data["nothing_because"] if reason else data["nothing_because"] is None
    assert data["nothing_because"] is None or data["nothing_because"] in text


async def test_a_customer_without_orders_is_told_as_such(client_of: ClientOf, planted: Database) -> None:
    customer = customers_of(planted, EVERETT, 70)[-1]
    async with client_of("everett") as client:
        data = await data_of(client, TOOL, recommendation_type="customer_based", customer_id=customer)
    assert data["nothing_because"] == "The customer has bought nothing in your stores."


async def test_a_trend_needs_orders_of_twice_the_days(client_of: ClientOf) -> None:
    async with client_of("redmond") as client:
        fault = await fault_of(client, TOOL, recommendation_type="trending", days=6)
        assert (fault["code"], fault["remedy"]) == ("VALIDATION_ERROR", "Give fewer days.")
        await data_of(client, TOOL, recommendation_type="trending", days=5)
        await data_of(client, TOOL, recommendation_type="cross_sell", product_id=HAMMER, days=6)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"recommendation_type": "similar_products"}, "similar_products needs product_id."),
        ({"recommendation_type": "cross_sell"}, "cross_sell needs product_id."),
        ({"recommendation_type": "cross_sell", "customer_id": 1}, "cross_sell needs product_id."),
        ({"recommendation_type": "customer_based"}, "customer_based needs customer_id."),
        ({"recommendation_type": "cross_sell", "product_id": 1, "customer_id": 1}, "no use for customer_id."),
        ({"recommendation_type": "customer_based", "product_id": 1, "customer_id": 1}, "no use for product_id."),
        ({"recommendation_type": "trending", "product_id": 1, "customer_id": 1}, "for product_id and customer_id."),
        ({"recommendation_type": "similar_products", "product_id": 101, "days": 30}, "no use for days."),
        ({"recommendation_type": "cross_sell", "product_id": 2**31 - 1}, "You see no product of this product_id."),
        ({}, "recommendation_type"),
        ({"recommendation_type": "best_sellers"}, "recommendation_type"),
        ({"recommendation_type": "cross_sell", "product_id": 0}, "product_id"),
        ({"recommendation_type": "cross_sell", "product_id": 2**31}, "product_id"),
        ({"recommendation_type": "customer_based", "customer_id": 0}, "customer_id"),
        ({"recommendation_type": "customer_based", "customer_id": 2**31}, "customer_id"),
        ({"recommendation_type": "trending", "days": 0}, "days"),
        ({"recommendation_type": "trending", "days": 366}, "days"),
        ({"recommendation_type": "trending", "max_results": 0}, "max_results"),
        ({"recommendation_type": "trending", "max_results": 51}, "max_results"),
        ({"recommendation_type": "trending", "in_stock_only": "perhaps"}, "in_stock_only"),
        ({"recommendation_type": "trending", "limit": 5}, "limit"),
    ],
)
async def test_wrong_arguments_are_refused_with_what_to_give(
    client_of: ClientOf, arguments: dict[str, Any], problem: str
) -> None:
    async with client_of("spokane") as client:
        fault = await fault_of(client, TOOL, **arguments)
    assert fault["code"] == "VALIDATION_ERROR"
    assert problem in fault["problem"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"recommendation_type": "trending", "days": 1, "max_results": 1},
        {"recommendation_type": "trending", "days": 365, "max_results": 50},
        {"recommendation_type": "cross_sell", "product_id": HAMMER, "days": 1},
        {"recommendation_type": "cross_sell", "product_id": HAMMER, "days": 365},
    ],
)
async def test_the_bounds_themselves_are_allowed(client_of: ClientOf, arguments: dict[str, Any]) -> None:
    async with client_of("spokane") as client:
        await data_of(client, TOOL, **arguments)


async def test_a_foreign_customer_is_told_like_one_that_is_not_there(client_of: ClientOf, planted: Database) -> None:
    [foreign] = customers_of(planted, EVERETT, 1)
    async with client_of("kirkland") as client:
        told = [
            await fault_of(client, TOOL, recommendation_type="customer_based", customer_id=number)
            for number in (foreign, 49_999_999)
        ]
    assert told[0] == told[1]
    assert told[0]["code"] == "VALIDATION_ERROR"


async def test_other_stores_orders_change_nothing_for_a_store(planted: Database) -> None:
    """And they would: with the same orders as its own, all recommendations of head office change."""
    [everetts] = customers_of(planted, EVERETT, 1)
    asked: dict[str, list[dict[str, Any]]] = {
        "kirkland": [{"recommendation_type": "cross_sell", "product_id": HAMMER}],
        "everett": [{"recommendation_type": "customer_based", "customer_id": everetts}],
        "spokane": [{"recommendation_type": "trending"}],
    }
    asked["head-office"] = [question for questions in asked.values() for question in questions]

    async def answers() -> dict[str, list[dict[str, Any]]]:
        """Of a server that has kept none."""
        told = {}
        async with server_of(planted) as server:
            for name, questions in asked.items():
                async with connected(server, caller_of(name)) as client:
                    told[name] = [await data_of(client, TOOL, **question) for question in questions]
        return told

    before = await answers()
    buyers = [everetts, *customers_of(planted, SEATTLE, 40)]
    plant_orders(
        planted,
        [
            *(basket(SEATTLE, buyer, HAMMER, TARP, DRILL, GLUE, days_ago=-30) for buyer in buyers),
            *(basket(SEATTLE, buyer, BITS, NAILS, STEADY, RISING, days_ago=3) for buyer in buyers),
        ],
    )
    after = await answers()
    differs = {name: [one != other for one, other in zip(before[name], after[name], strict=True)] for name in asked}
    assert differs == {"kirkland": [False], "everett": [False], "spokane": [False], "head-office": [True, True, True]}
