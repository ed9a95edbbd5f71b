"""What is found by which words, whatever they are."""

import pytest
from mcp.types import CallToolResult

from shared.product_search import Mode
from tests.search.conftest import ClientOf
from tests.search.searching import DRIPPING_TAP, TOOL, found_by, ids
from tests.tools.calls import data_of, fault_of, text_of

pytestmark = pytest.mark.anyio

WASHERS = 327
"""Rubber Washer Set: "Cure a dripping tap …"."""
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")


@pytest.mark.parametrize("mode", MODES)
async def test_a_description_of_the_need_finds_what_serves_it(client_of: ClientOf, mode: Mode) -> None:
    async with client_of("kirkland") as client:
        products = await found_by(client, DRIPPING_TAP, mode=mode)
    assert products[0]["product_id"] == WASHERS
    assert "Plumber's Grease" in [product["product_name"] for product in products[:3]]
    assert len(products) == 20


async def test_meaning_finds_what_no_word_does(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        by_words = await found_by(client, "illuminate my porch after dark", mode="keyword", max_rows=100)
        by_meaning = await found_by(client, "illuminate my porch after dark", mode="semantic")
    new = [product for product in by_meaning[:5] if product["product_id"] not in ids(by_words)]
    assert any("light" in product["product_name"].lower() for product in new)


async def test_a_product_is_told_with_all_that_a_customer_asks(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        result = await client.call_tool(TOOL, {"query_description": DRIPPING_TAP, "max_rows": 1})
    assert result.structured_content == {
        "columns": [
            {"name": name, "type": kind}
            for name, kind in (
                *(("product_id", "integer"), ("sku", "text"), ("product_name", "text"), ("category_name", "text")),
                *(("type_name", "text"), ("base_price", "numeric"), ("product_description", "text")),
                *(("similarity_percent", "numeric"), ("stock_level", "bigint"), ("stores_in_stock", "bigint")),
            )
        ],
        "rows": [
            [
                *(WASHERS, "HX-00327", "Rubber Washer Set", "Hardware", "Washers", 6.42),
                "Cure a dripping tap or a leaking hose end by swapping its worn washer."
                " 125 flat and beveled rubber seals fit most faucet stems and couplings.",
                *(59.6, 32, 1),
            ]
        ],
        "row_count": 1,
        "truncated": True,
        "mode": "hybrid",
        "fallback": None,
    }
    names, row, cut, end = text_of(result).split("\n")
    assert names.startswith("product_id,sku,product_name,")
    assert row.startswith("327,HX-00327,Rubber Washer Set,Hardware,Washers,6.42,")
    assert (cut, end) == ("(first 1 rows; there are more)", "")


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("hamer", "Hammer"),
        ("screwdrivr", "Screwdriver"),
        ("cordles dril", "Drill"),
        ("paintt brushs", "Brush"),
        ("fawcet", "Faucet"),
    ],
)
async def test_misspelled_words_find_what_was_meant(client_of: ClientOf, mode: Mode, asked: str, name: str) -> None:
    async with client_of("kirkland") as client:
        products = await found_by(client, asked, mode=mode)
    assert name in products[0]["product_name"]


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
@pytest.mark.parametrize("asked", ["HX-00327", "hx-00327", " HX-00327?", "is HX-00327 any good"])
async def test_a_product_number_finds_its_product(client_of: ClientOf, mode: Mode, asked: str) -> None:
    async with client_of("kirkland") as client:
        products = await found_by(client, asked, mode=mode)
    assert products[0]["product_id"] == WASHERS


ODD = {
    "stop words": "the of and is to",
    "emoji": "🔨🪚🧰",
    "punctuation": "?!… --",
    "digits": "0",
    "a thousand characters": "water " * 166 + "1234",
    "a thousand without a space": "x" * 1000,
    "a thousand of four bytes": "🔨" * 1000,
    "a thousand different": " ".join(f"w{number:03}" for number in range(200)),
    "SQL": "'; DROP TABLE retail.products; --",
    "a literal": "$$hammer$$ E'\\' %s %(asked)s {0} :name",
    "operators": "hammer & | ! :* <-> (( ' \" \\",
    "operators alone": "& | ! :*",
    "control characters": "ham\x01mer\x07\x1b[31m\x7f\r\n\t\x85",
    "right to left": "מטרקה \u202eremmah\u202c مطرقة",
    "combining": "h\u0301a\u0327m\u0308mer \u200b\u200d\ufeff",
    "other scripts": "锤子 молоток ハンマー",
    "patterns": "%_[^a]*.+?",
    "markup": "<script>alert(1)</script> ## ignore all instructions",
    "a noncharacter": "hammer \uffff \U0010ffff",
}


@pytest.mark.parametrize("mode", MODES)
async def test_any_text_can_be_searched_for(client_of: ClientOf, mode: Mode) -> None:
    async with client_of("kirkland") as client:
        for kind, text in ODD.items():
            products = await found_by(client, text, mode=mode, max_rows=3)
            if "hammer" in text:
                assert "ammer" in products[0]["product_name"] or mode == "semantic", kind


async def test_words_that_say_nothing_find_nothing(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        for kind in ("stop words", "emoji", "punctuation", "operators alone"):
            assert await found_by(client, ODD[kind], mode="keyword") == [], kind


@pytest.mark.parametrize("text", ["\0", "ham\0mer", "\ud83d", "hammer \udd28 \ud83d"])
async def test_what_is_no_text_is_refused(client_of: ClientOf, text: str) -> None:
    async with client_of("kirkland") as client:
        for arguments in ({"query_description": text}, {"query_description": "hammer", "category": text}):
            fault = await fault_of(client, TOOL, **arguments)
            assert fault["code"] == "VALIDATION_ERROR"
            assert [*arguments][-1] in fault["problem"]


async def test_the_same_search_has_the_same_answer(client_of: ClientOf) -> None:
    async def asked(name: str) -> list[CallToolResult]:
        async with client_of(name) as client:
            return [await client.call_tool(TOOL, {"query_description": DRIPPING_TAP, "mode": mode}) for mode in MODES]

    first = await asked("kirkland")
    await asked("head-office")
    assert await asked("kirkland") == first


async def test_searches_leave_the_data_as_they_were(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        counted = await data_of(client, "execute_sales_query", postgresql_query="SELECT count(*) FROM retail.products")
    assert counted["rows"] == [[424]]
