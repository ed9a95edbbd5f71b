"""Filters, thresholds and order of a search, against a comparison with every product."""

from typing import Any

import pytest

from tests.search.conftest import ClientOf
from tests.search.exact import Catalogue, nearest
from tests.search.searching import DRIPPING_TAP, TOOL, found_by, ids, products_in
from tests.tools.calls import data_of

pytestmark = pytest.mark.anyio

ALL: dict[str, Any] = {"mode": "semantic", "similarity_threshold": 0, "max_rows": 100}
CATEGORIES = (
    *("Electrical", "Garden & Outdoor", "Hand Tools", "Hardware", "Lumber & Building Materials"),
    *("Paint & Finishes", "Plumbing", "Power Tools", "Storage & Organization"),
)
BANDS = ((0, 3), (0, 10), (3.12, 8), (100, 120), (400, 10_000), (0, 10_000))
KIRKLAND = "7"


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
async def test_a_category_is_known_in_any_case_and_nothing_else_is_found(client_of: ClientOf, mode: str) -> None:
    async with client_of("kirkland") as client:
        results = [
            await found_by(client, DRIPPING_TAP, category=name, mode=mode)
            for name in ("Plumbing", "plumbing", "PLUMBING")
        ]
    assert results[0] == results[1] == results[2]
    assert {product["category_name"] for product in results[0]} == {"Plumbing"}


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "keyword"])
async def test_prices_are_within_the_bounds_and_may_equal_them(client_of: ClientOf, mode: str) -> None:
    async with client_of("kirkland") as client:
        washers = (await found_by(client, DRIPPING_TAP, mode=mode))[0]
        price = washers["base_price"]
        at_the_price = await found_by(client, DRIPPING_TAP, mode=mode, min_price=price, max_price=price)
        cheaper = await found_by(client, DRIPPING_TAP, mode=mode, max_price=round(price - 0.01, 2))
        dearer = await found_by(client, DRIPPING_TAP, mode=mode, min_price=round(price + 0.01, 2))
    assert at_the_price[0] == washers
    assert {product["base_price"] for product in at_the_price} == {price}
    assert max(product["base_price"] for product in cheaper) < price < min(product["base_price"] for product in dearer)


async def test_filters_hold_together(client_of: ClientOf, catalogue: Catalogue) -> None:
    async with client_of("kirkland") as client:
        found = await found_by(
            client, "hammer", **ALL, category="Hand Tools", min_price=10, max_price=30, in_stock_only=True
        )
    assert sorted(ids(found)) == sorted(
        number
        for number, product in catalogue.products.items()
        if product.category == "Hand Tools" and 10 <= product.price <= 30 and product.stock[KIRKLAND] > 0
    )


@pytest.mark.parametrize("text", [DRIPPING_TAP, "🔨", "a gift"])
async def test_similarity_is_the_cosine(client_of: ClientOf, catalogue: Catalogue, text: str) -> None:
    cosines = catalogue.cosines(text)
    async with client_of("kirkland") as client:
        for mode in ("semantic", "hybrid"):
            for product in await found_by(client, text, **ALL | {"mode": mode}):
                exact = 100 * cosines[product["product_id"]]
                assert product["similarity_percent"] == pytest.approx(exact, abs=0.0501)


@pytest.mark.parametrize("threshold", [20, 33.3, 45, 60, 100])
async def test_by_meaning_nothing_is_below_the_threshold_and_nothing_above_is_missing(
    client_of: ClientOf, catalogue: Catalogue, threshold: float
) -> None:
    cosines = catalogue.cosines(DRIPPING_TAP)
    async with client_of("head-office") as client:
        found = await found_by(client, DRIPPING_TAP, **ALL | {"similarity_threshold": threshold})
    assert ids(found) == [number for number in nearest(cosines, 100) if 100 * cosines[number] >= threshold]


async def test_with_words_only_what_has_them_is_below_the_threshold(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        found = await found_by(client, "claw hammer", similarity_threshold=90)
        worded = await found_by(client, "claw hammer", mode="keyword", max_rows=100)
    assert {*ids(found)} <= {*ids(worded)}
    assert found[0]["product_name"] == "Professional Claw Hammer 16oz"
    assert max(product["similarity_percent"] for product in found) < 90


async def test_what_is_just_like_it_is_found_at_any_threshold(client_of: ClientOf, catalogue: Catalogue) -> None:
    with catalogue.database.as_superuser() as superuser:
        [(text,)] = superuser.execute("SELECT text FROM ops.embedding_texts WHERE product_id = 327").fetchall()
    async with client_of("kirkland") as client:
        [found] = await found_by(client, text, mode="semantic", similarity_threshold=99.9)
    assert (found["product_id"], found["similarity_percent"]) == (327, 100)


@pytest.mark.parametrize("mode", ["hybrid", "semantic"])
@pytest.mark.parametrize("text", [DRIPPING_TAP, "🔨", "zzz qqq", "مطرقة"])
async def test_without_a_threshold_there_are_as_many_rows_as_asked_for(
    client_of: ClientOf, mode: str, text: str
) -> None:
    async with client_of("kirkland") as client:
        for rows in (1, 20, 99, 100):
            data = await data_of(client, TOOL, query_description=text, mode=mode, similarity_threshold=0, max_rows=rows)
            assert (data["row_count"], data["truncated"]) == (rows, True)


async def test_fewer_rows_are_the_first_of_more(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for mode in ("hybrid", "semantic", "keyword"):
            more = await found_by(client, DRIPPING_TAP, mode=mode, max_rows=40)
            for rows in (1, 7, 39):
                assert await found_by(client, DRIPPING_TAP, mode=mode, max_rows=rows) == more[:rows]


async def test_a_cut_is_told_and_its_absence_too(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        whole = await data_of(client, TOOL, query_description="faucet", mode="keyword", max_rows=100)
        exactly, fewer = [
            await data_of(client, TOOL, query_description="faucet", mode="keyword", max_rows=rows)
            for rows in (whole["row_count"], whole["row_count"] - 1)
        ]
    assert 5 < whole["row_count"] < 100
    assert [data["truncated"] for data in (whole, exactly, fewer)] == [False, False, True]
    assert exactly["rows"] == whole["rows"]


async def test_a_description_of_words_alone_has_no_similarity(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        found = await found_by(client, "hammer", mode="keyword")
    assert {product["similarity_percent"] for product in found} == {None}


@pytest.mark.parametrize("text", [DRIPPING_TAP, "🔨"])
async def test_a_filter_leaves_the_nearest_of_what_it_leaves(
    client_of: ClientOf, catalogue: Catalogue, text: str
) -> None:
    """Head office has every product somewhere, so nothing but the similarity counts."""
    cosines = catalogue.cosines(text)
    filters: list[tuple[dict[str, Any], set[int]]] = [
        *(
            ({"category": name}, {number for number, it in catalogue.products.items() if it.category == name})
            for name in CATEGORIES
        ),
        *(
            (
                {"min_price": least, "max_price": most},
                {number for number, it in catalogue.products.items() if least <= it.price <= most},
            )
            for least, most in BANDS
        ),
    ]
    async with client_of("head-office") as client:
        for arguments, eligible in filters:
            assert eligible, arguments
            for rows in (20, 100):
                found = await found_by(client, text, **ALL | {"max_rows": rows}, **arguments)
                assert ids(found) == nearest({number: cosines[number] for number in eligible}, rows), arguments


async def test_what_is_in_stock_is_not_missed_behind_what_is_not(client_of: ClientOf, catalogue: Catalogue) -> None:
    cosines = catalogue.cosines(DRIPPING_TAP)
    in_stock = {number: cosines[number] for number, it in catalogue.products.items() if it.stock[KIRKLAND] > 0}
    assert len(in_stock) < len(cosines)
    async with client_of("kirkland") as client:
        for rows in (20, 100):
            found = await found_by(client, DRIPPING_TAP, **ALL | {"max_rows": rows}, in_stock_only=True)
            assert ids(found) == nearest(in_stock, rows)


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
async def test_words_find_all_that_a_filter_leaves_of_what_has_them(client_of: ClientOf, mode: str) -> None:
    arguments = {"mode": mode, "max_rows": 100, "similarity_threshold": 0}
    async with client_of("head-office") as client:
        everything = await found_by(client, "drill", mode="keyword", max_rows=100)
        for name in CATEGORIES:
            data = await data_of(client, TOOL, query_description="drill", category=name, **arguments)
            worded = {product["product_id"] for product in everything if product["category_name"] == name}
            assert worded <= {*ids(products_in(data))}
