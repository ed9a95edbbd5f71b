"""Who calls too often: a tool's error that a model can act on, and beyond all measure HTTP 429."""

from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest

from tests.protocol.requests import ACCEPT, COUNT
from tests.protocol.tokens import bearer
from tests.protocol.wire import Wire
from tests.stack import PLAIN, RunningStack, host_beside

BURST = 3


@pytest.fixture(scope="module")
def strict(stack: RunningStack) -> Iterator[httpx2.Client]:
    """An instance that allows next to nothing."""
    with (
        host_beside(stack, "strict", PRINCIPAL_RATE="1", PRINCIPAL_BURST=str(BURST)) as url,
        httpx2.Client(base_url=url, timeout=30, verify=PLAIN) as client,
    ):
        yield client


def test_a_model_is_told_when_it_may_call_again_and_only_a_flood_is_429(
    stack: RunningStack, strict: httpx2.Client
) -> None:
    headers = bearer(stack, object_id=uuid4())
    client = Wire(strict, headers, "2026-07-28")
    query = {"name": "execute_sales_query", "arguments": {"postgresql_query": "SELECT 1"}}
    answers = [client.ask("tools/call", query).result for _ in range(BURST + 2)]
    assert not answers[0].get("isError")
    fault = answers[-1]["_meta"]["zava/error"]
    assert fault["code"] == "RATE_LIMITED"
    assert fault["retry_after"] >= 1
    assert "Wait, then call again" in answers[-1]["content"][0]["text"]
    responses = [strict.post("/mcp", headers={**ACCEPT, **headers}, json=COUNT) for _ in range(8 * BURST)]
    assert {response.status_code for response in responses} == {200, 429}
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.json()["error"] == "too_many_requests"
    assert int(refused.headers["retry-after"]) == 1
    assert strict.post("/mcp", headers={**ACCEPT, **bearer(stack, object_id=uuid4())}, json=COUNT).status_code == 200
