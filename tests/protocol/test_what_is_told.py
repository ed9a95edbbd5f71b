"""What clients are told of everything on offer: a file that a reviewer reads, and what it costs a model."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import toktok  # type: ignore[import-untyped]
from pydantic import BaseModel

from local.callers import caller_of
from shared.icons import FOLDER
from shared.identity.caller import current_caller
from shared.mcp_server import build_server
from shared.protocol.offers import Offers
from shared.services import Services
from tests.conftest import settings_for

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "what_is_told.golden"
LIST_TOKENS = 6_000
"""Of the whole list of tools, icons and all."""
SEEN_TOKENS = 3_000
"""Of what a client hands to its model: names, descriptions and input schemas."""
URL = "https://func-zava-retail.azurewebsites.net/mcp"
"""As long as such names are."""


@pytest.fixture
def offers() -> Iterator[Offers]:
    """Nothing of it is open: lists need no database."""
    services = Services(settings_for("postgresql://zava_app@127.0.0.1:9/none"))
    token = current_caller.set(caller_of("head-office"))
    yield build_server(services.invocations, services.query_embeddings, url=URL)
    current_caller.reset(token)


async def told_by(offers: Offers) -> dict[str, list[dict[str, Any]]]:
    return {
        "tools": _as_sent(await offers.list_tools()),
        "prompts": _as_sent(await offers.list_prompts()),
        "resources": _as_sent(await offers.list_resources()),
        "resourceTemplates": _as_sent(await offers.list_resource_templates()),
    }


def _as_sent(listed: Sequence[BaseModel]) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in listed]


async def test_clients_are_told_what_the_golden_file_says(offers: Offers) -> None:
    """UPDATE_GOLDEN=1 writes the file anew, for a reviewer to read the difference."""
    told = {"instructions": offers.instructions, **await told_by(offers)}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


async def test_a_model_can_afford_the_list_of_tools(offers: Offers) -> None:
    told = await told_by(offers)
    tools = told["tools"]
    assert tokens({"tools": tools}) <= LIST_TOKENS
    assert tokens([{key: tool[key] for key in ("name", "description", "inputSchema")} for tool in tools]) <= SEEN_TOKENS


async def test_everything_has_an_icon_that_is_served(offers: Offers) -> None:
    names = {icon["src"] for listed in (await told_by(offers)).values() for each in listed for icon in each["icons"]}
    assert names == {f"https://func-zava-retail.azurewebsites.net/icons/{path.name}" for path in FOLDER.glob("*.svg")}


def tokens(told: object) -> int:
    """As GPT-4o and later models count (o200k_base)."""
    count: int
    (count,) = toktok.batch_count([_json(told)], "o200k_base")
    return count


def _json(told: object) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)
