"""Completions: what a caller may see and nothing else, those that begin so first."""

from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.types import Completion, PromptReference, ResourceTemplateReference

from shared.caches.kept_answers import KEPT_SECONDS, KeptAnswers
from shared.choices import Choices, matching
from shared.protocol.completions import MAX_VALUES
from shared.tools.schemas import TABLE_NAMES
from tests.clock import FakeClock
from tests.conftest import Database, caller_of, open_invocations
from tests.tools.conftest import ClientOf, client_over

pytestmark = pytest.mark.anyio

REVIEW = PromptReference(type="ref/prompt", name="weekly_store_review")
CAMPAIGN = PromptReference(type="ref/prompt", name="campaign_planning")
TABLE = ResourceTemplateReference(type="ref/resource", uri="zava://schema/{table}")


async def completed(client: Client, ref: Any, argument: str, value: str) -> Completion:
    return (await client.complete(ref, {"name": argument, "value": value})).completion


async def values(client: Client, ref: Any, argument: str, value: str) -> list[str]:
    return (await completed(client, ref, argument, value)).values


@pytest.mark.parametrize(
    ("name", "stores"),
    [
        ("kirkland", ["Kirkland"]),
        ("west-region", ["Seattle", "Bellevue", "Redmond", "Kirkland"]),
        ("nobody", []),
    ],
)
async def test_stores_are_the_callers_own(client_of: ClientOf, name: str, stores: list[str]) -> None:
    async with client_of(name) as client:
        assert await values(client, REVIEW, "store", "") == [f"Zava Retail {place}" for place in stores]


async def test_what_is_typed_may_stand_anywhere_in_small_or_capital_letters(client_of: ClientOf) -> None:
    async with client_of("west-region") as client:
        assert await values(client, REVIEW, "store", "KIRK") == ["Zava Retail Kirkland"]
        assert await values(client, REVIEW, "store", "zava retail b") == ["Zava Retail Bellevue"]
        assert await values(client, REVIEW, "store", "tacoma") == []
        assert await values(client, TABLE, "table", "order") == ["retail.orders", "retail.order_items"]


def test_what_begins_so_comes_first() -> None:
    assert matching(["Hand Tools", "Tools", "Power Tools", "toolbox"], "tool") == [
        "Tools",
        "toolbox",
        "Hand Tools",
        "Power Tools",
    ]


async def test_categories_and_tables_are_completed_for_who_sees_rows_only(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        assert len(await values(client, CAMPAIGN, "category", "")) == 9
        assert await values(client, CAMPAIGN, "category", "tools") == ["Hand Tools", "Power Tools"]
        assert await values(client, TABLE, "table", "") == list(TABLE_NAMES)
    async with client_of("nobody") as client:
        assert await values(client, CAMPAIGN, "category", "") == []
        assert await values(client, TABLE, "table", "") == []


async def test_an_argument_without_values_has_none(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        assert await completed(client, REVIEW, "week", "2026") == Completion(values=[], total=0, has_more=False)


@pytest.mark.parametrize(
    ("ref", "argument"),
    [
        (ResourceTemplateReference(type="ref/resource", uri="zava://schema"), "table"),
        (ResourceTemplateReference(type="ref/resource", uri="zava://schema/{other}"), "table"),
        (REVIEW, "category"),
        (TABLE, "store"),
    ],
)
async def test_what_is_not_there_cannot_be_completed(client_of: ClientOf, ref: Any, argument: str) -> None:
    async with client_of("kirkland") as client:
        with pytest.raises(MCPError) as refusal:
            await completed(client, ref, argument, "x")
    assert refusal.value.error.code == -32602


async def test_a_prompt_that_is_not_there_has_nothing_to_complete(client_of: ClientOf) -> None:
    nobodys = PromptReference(type="ref/prompt", name="no_such_prompt")
    async with client_of("kirkland") as client:
        assert await completed(client, nobodys, "store", "") == Completion(values=[], total=0, has_more=False)


async def test_of_very_many_a_hundred_are_told_and_how_many_there_are(database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO retail.categories (category_id, category_name)"
            " SELECT 1000 + n, 'Category ' || n FROM generate_series(1, 250) AS n"
        )
    async with open_invocations(database.app_url) as door, client_over(door, caller_of("kirkland")) as client:
        found = await completed(client, CAMPAIGN, "category", "category")
        assert (len(found.values), found.total, found.has_more) == (MAX_VALUES, 250, True)
        found = await completed(client, CAMPAIGN, "category", "CATEGORY 25")
        assert (found.values, found.total, found.has_more) == (["Category 25", "Category 250"], 2, False)


async def test_names_are_kept_for_each_caller_and_not_for_long(database: Database, clock: FakeClock) -> None:
    async with open_invocations(database.app_url) as door:
        choices = Choices(KeptAnswers(door, clock))

        async def names(name: str) -> list[str]:
            return [store.store_name for store in await choices.stores(caller_of(name))]

        assert await names("kirkland") == ["Zava Retail Kirkland"]
        with database.as_superuser() as superuser:
            superuser.execute("UPDATE retail.stores SET store_name = 'Kirkland by the Lake' WHERE store_id = 7")
        assert await names("kirkland") == ["Zava Retail Kirkland"]
        assert (await names("west-region"))[-1] == "Kirkland by the Lake"
        assert await names("nobody") == []
        clock.now += KEPT_SECONDS
        assert await names("kirkland") == ["Kirkland by the Lake"]
