"""Search as clients of a running stack have it, from a new product to its being found by meaning."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.processes import eventually
from tests.protocol.conftest import Speak
from tests.protocol.wire import MODERN, REVISIONS, Revision
from tests.stack import RunningStack

DRIPPING_TAP = "something to stop water dripping from a tap"
BEES = 99_001


def search(speak: Speak, revision: Revision, name: str, text: str, **arguments: Any) -> dict[str, Any]:
    asked = {"name": "semantic_search_products", "arguments": {"query_description": text, **arguments}}
    result = speak(revision, name).ask("tools/call", asked).result
    assert not result.get("isError"), result
    found: dict[str, Any] = result["structuredContent"]
    return found


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_stack_that_is_ready_finds_products_by_meaning(speak: Speak, revision: Revision) -> None:
    found = search(speak, revision, "kirkland", DRIPPING_TAP)
    assert (found["mode"], found["fallback"], found["row_count"], found["truncated"]) == ("hybrid", None, 20, True)
    assert found["rows"][0][2] == "Rubber Washer Set"
    assert found["rows"][0][7] > 50


@pytest.fixture
def bee_house(stack: RunningStack) -> Iterator[None]:
    with stack.connect("OWNER_DATABASE_URL") as owner:
        owner.execute(
            "INSERT INTO retail.products"
            " (product_id, sku, product_name, category_id, type_id, cost, base_price, product_description)"
            " SELECT %s, 'GO-99001', 'Bee House', category_id, type_id, 10, 15, 'A home for solitary pollinators.'"
            " FROM retail.product_types JOIN retail.categories USING (category_id)"
            " WHERE category_name = 'Garden & Outdoor' LIMIT 1",
            (BEES,),
        )
        yield
        owner.execute("DELETE FROM retail.products WHERE product_id = %s", (BEES,))


@pytest.mark.usefixtures("bee_house")
def test_a_new_product_is_found_by_meaning_once_its_embedding_is_made(speak: Speak, http: httpx2.Client) -> None:
    def numbers(mode: str) -> list[int]:
        found = search(speak, MODERN, "kirkland", "shelter for insects that visit flowers", mode=mode)
        assert (found["mode"], found["fallback"]) == (mode, None)
        return [row[0] for row in found["rows"]]

    assert BEES not in numbers("semantic")
    assert http.post("/admin/functions/refresh_embeddings", json={"input": ""}).status_code == 202
    eventually(lambda: numbers("semantic")[0] == BEES, "the embedding")
    assert BEES not in numbers("keyword")
