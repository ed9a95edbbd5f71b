"""A search tells of the caller's stores and of nobody else's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pytest
from mcp import Client

from local.people import PEOPLE
from shared.embeddings.of_queries import QueryEmbeddings
from shared.identity.caller import current_caller
from shared.mcp_server import build_server
from tests.conftest import Database, open_invocations
from tests.search.conftest import ClientOf
from tests.search.searching import DRIPPING_TAP, TOOL, Product, connected, found_by, ids
from tests.tools.calls import data_of, fault_of

pytestmark = pytest.mark.anyio

WASHERS, TWIN, SECOND_TWIN = 327, 9001, 9002
SEATTLE, KIRKLAND = 1, 7
MODES = ("hybrid", "semantic", "keyword")
STOCK = ("stock_level", "stores_in_stock")


def stock_of(database: Database, name: str) -> dict[int, tuple[int, int]]:
    """Pieces in a person's stores and how many of these stores have some, by product, as the owner adds them up."""
    with database.as_superuser() as superuser:
        rows = superuser.execute(
            "SELECT product_id, coalesce(sum(stock_level), 0), count(*) FILTER (WHERE stock_level > 0)"
            " FROM retail.inventory WHERE store_id = ANY (%s) GROUP BY product_id",
            (list(PEOPLE[name].store_ids),),
        ).fetchall()
    return {number: (pieces, stores) for number, pieces, stores in rows}


@pytest.mark.parametrize("name", ["kirkland", "west-region", "head-office"])
async def test_stock_is_that_of_the_callers_stores(client_of: ClientOf, embedded: Database, name: str) -> None:
    stock = stock_of(embedded, name)
    async with client_of(name) as client:
        for mode in MODES:
            for product in await found_by(client, DRIPPING_TAP, mode=mode, max_rows=100):
                assert (product["stock_level"], product["stores_in_stock"]) == stock[product["product_id"]]


async def test_a_token_for_the_catalogue_alone_is_told_of_no_stock(client_of: ClientOf, embedded: Database) -> None:
    with embedded.as_superuser() as superuser:  # nothing there, so it would come behind what is
        [[before]] = superuser.execute(
            "UPDATE retail.inventory SET stock_level = 0 WHERE product_id = %s AND store_id = %s"
            " RETURNING OLD.stock_level",
            (WASHERS, KIRKLAND),
        )
    try:
        async with client_of("kirkland") as client:
            with_stock = await found_by(client, DRIPPING_TAP)
            caller = current_caller.get()
            current_caller.set(replace(caller, scopes=frozenset({"catalog.read"})))
            without = await found_by(client, DRIPPING_TAP)
            assert {product[column] for product in without for column in STOCK} == {None}
            assert {*ids(without)} == {*ids(with_stock)}
            assert ids(without)[0] == WASHERS
            details = await fault_of(client, TOOL, query_description=DRIPPING_TAP, in_stock_only=True)
            assert details["code"] == "AUTHORIZATION_ERROR"
            assert "sales.read" in details["problem"]
    finally:
        with embedded.as_superuser() as superuser:
            superuser.execute(
                "UPDATE retail.inventory SET stock_level = %s WHERE product_id = %s AND store_id = %s",
                (before, WASHERS, KIRKLAND),
            )


async def test_only_what_the_callers_stores_have_is_found_where_asked(client_of: ClientOf, embedded: Database) -> None:
    stock = stock_of(embedded, "kirkland")
    async with client_of("kirkland") as client:
        for mode in MODES:
            everything = await found_by(client, DRIPPING_TAP, mode=mode, max_rows=100, similarity_threshold=25)
            left = await found_by(
                client, DRIPPING_TAP, mode=mode, max_rows=100, similarity_threshold=25, in_stock_only=True
            )
            gone = {*ids(everything)} - {*ids(left)}
            assert gone
            assert {stock[number][0] for number in gone} == {0}
            assert 0 not in {product["stock_level"] for product in left}


@pytest.mark.parametrize("mode", MODES)
async def test_nobody_finds_no_product(client_of: ClientOf, mode: str) -> None:
    async with client_of("nobody") as client:
        for arguments in ({}, {"category": "Plumbing"}, {"in_stock_only": True}, {"similarity_threshold": 0}):
            assert await found_by(client, DRIPPING_TAP, mode=mode, **arguments) == []


async def test_a_narrowed_caller_finds_what_the_stores_own_manager_does(
    client_of: ClientOf, embedded: Database
) -> None:
    with embedded.as_superuser() as superuser:
        [(kirkland,)] = superuser.execute("SELECT rls_user_id FROM retail.stores WHERE store_id = 7").fetchall()
    for mode in MODES:
        async with client_of("kirkland") as client:
            own = await found_by(client, DRIPPING_TAP, mode=mode)
        for name in ("west-region", "head-office"):
            async with client_of(name, kirkland) as client:
                assert await found_by(client, DRIPPING_TAP, mode=mode) == own


@pytest.mark.parametrize("mode", MODES)
async def test_callers_differ_in_stock_alone(client_of: ClientOf, mode: str) -> None:
    told: dict[str, list[Product]] = {}
    for name in ("kirkland", "seattle", "online", "west-region", "head-office"):
        async with client_of(name) as client:
            told[name] = await found_by(client, DRIPPING_TAP, mode=mode, max_rows=100, similarity_threshold=35)
    catalogues = [sorted(map(without_stock, products), key=itemgetter("product_id")) for products in told.values()]
    assert all(catalogue == catalogues[0] for catalogue in catalogues)
    assert told["kirkland"] != told["head-office"]


def without_stock(product: Product) -> Product:
    return {name: value for name, value in product.items() if name not in STOCK}


@pytest.fixture
def planted(own_embedded: Database) -> Database:
    """Two more products just like the washers: the first in Seattle, the second in Kirkland."""
    with own_embedded.as_superuser() as superuser, superuser.transaction():
        for number in (TWIN, SECOND_TWIN):
            superuser.execute(
                "INSERT INTO retail.products"
                " (product_id, sku, product_name, category_id, type_id, cost, base_price, gross_margin_percent,"
                " product_description)"
                " SELECT %s, 'ZZ-' || %s, product_name, category_id, type_id, cost, base_price, gross_margin_percent,"
                " product_description FROM retail.products WHERE product_id = %s",
                (number, number, WASHERS),
            )
            superuser.execute(
                "INSERT INTO retail.product_description_embeddings (product_id, model, description_embedding)"
                " SELECT %s, model, description_embedding FROM retail.product_description_embeddings"
                " WHERE product_id = %s",
                (number, WASHERS),
            )
        superuser.execute(
            "INSERT INTO retail.inventory (store_id, product_id, stock_level)"
            " VALUES (%s, %s, 0), (%s, %s, 5), (%s, %s, 5)",
            (KIRKLAND, TWIN, SEATTLE, TWIN, KIRKLAND, SECOND_TWIN),
        )
    return own_embedded


@pytest.fixture
def planted_client_of(planted: Database, queries: QueryEmbeddings) -> ClientOf:
    @asynccontextmanager
    async def connect(name: str) -> AsyncIterator[Client]:
        async with open_invocations(planted.app_url) as door, connected(build_server(door, queries), name) as client:
            yield client

    return connect


async def test_among_equals_what_the_caller_has_comes_first_and_then_the_lower_number(
    planted_client_of: ClientOf,
) -> None:
    orders = {"kirkland": [WASHERS, SECOND_TWIN, TWIN], "seattle": [WASHERS, TWIN, SECOND_TWIN]}
    orders["head-office"] = orders["west-region"] = [WASHERS, TWIN, SECOND_TWIN]
    for name, order in orders.items():
        async with planted_client_of(name) as client:
            for mode in MODES:
                found = await found_by(client, "dripping tap washer", mode=mode)
                alike = [number for number in ids(found) if number in order]
                assert alike == order, (name, mode)


async def test_what_is_far_less_relevant_does_not_go_before(planted_client_of: ClientOf, planted: Database) -> None:
    with planted.as_superuser() as superuser:
        superuser.execute("UPDATE retail.inventory SET stock_level = 0 WHERE product_id = ANY (%s)", ([WASHERS, TWIN],))
        superuser.execute("DELETE FROM retail.inventory WHERE product_id = %s", (SECOND_TWIN,))
    async with planted_client_of("kirkland") as client:
        for mode in MODES:
            found = await found_by(client, "dripping tap washer", mode=mode)
            assert ids(found)[:3] == [WASHERS, TWIN, SECOND_TWIN]
            assert [product["stock_level"] for product in found[:3]] == [0, 0, 0]


async def test_a_product_far_from_what_was_asked_does_not_gain_by_being_out_of_stock(
    planted_client_of: ClientOf, planted: Database
) -> None:
    """Below nothing in common, a tenth less is more."""
    with planted.as_superuser() as superuser:
        superuser.execute(
            "UPDATE retail.product_description_embeddings SET description_embedding ="
            " description_embedding OPERATOR(extensions.*) array_fill(-1, ARRAY[1536])::extensions.vector"
            " WHERE product_id = ANY (%s)",
            ([WASHERS, TWIN, SECOND_TWIN],),
        )
        superuser.execute("UPDATE retail.products SET base_price = 9999 WHERE product_id >= 9000")
    async with planted_client_of("kirkland") as client:
        found = await found_by(client, "dripping tap washer", mode="semantic", similarity_threshold=0, min_price=9999)
    assert [(product["product_id"], product["similarity_percent"] < 0) for product in found] == [
        (SECOND_TWIN, True),
        (TWIN, True),
    ]


async def test_what_happens_in_other_stores_changes_nothing(planted_client_of: ClientOf, planted: Database) -> None:
    async def answers(name: str) -> list[dict[str, Any]]:
        async with planted_client_of(name) as client:
            return [
                await data_of(client, TOOL, query_description=DRIPPING_TAP, mode=mode, in_stock_only=in_stock)
                for mode in MODES
                for in_stock in (False, True)
            ]

    before = {name: await answers(name) for name in ("kirkland", "head-office")}
    with planted.as_superuser() as superuser:
        superuser.execute("DELETE FROM retail.inventory WHERE store_id <> %s AND product_id %% 2 = 0", (KIRKLAND,))
        superuser.execute("UPDATE retail.inventory SET stock_level = 10000 WHERE store_id <> %s", (KIRKLAND,))
    assert await answers("kirkland") == before["kirkland"]
    assert all(one != other for one, other in zip(await answers("head-office"), before["head-office"], strict=True))
