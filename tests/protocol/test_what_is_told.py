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
from shared.identity import current_caller
from shared.mcp_server import build_server
from shared.offers import Offers
from shared.services import Services
from tests.conftest import settings_for

pytestmark = pytest.mark.anyio

GOLDEN = Path(__file__).parent / "what_is_told.golden"
LIST_TOKENS = 6_000
"""Of the whole list of tools, but for icons: clients draw them; the tools of models' APIs have no place for one. With
them, too, by the rule of thumb of four characters a token."""
SEEN_TOKENS = 3_000
"""Of what a client hands to its model: names, descriptions and input schemas."""
ICON_CHARACTERS = 400


@pytest.fixture
def offers() -> Iterator[Offers]:
    """Nothing of it is open: lists need no database."""
    services = Services(settings_for("postgresql://zava_app@127.0.0.1:9/none"))
    token = current_caller.set(caller_of("head-office"))
    yield build_server(services.invocations, services.query_embeddings)
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
    told = {"instructions": offers.instructions, **_without_icons(await told_by(offers))}
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


async def test_a_model_can_afford_the_list_of_tools(offers: Offers) -> None:
    told = await told_by(offers)
    assert len(_json({"tools": told["tools"]})) / 4 <= LIST_TOKENS
    tools = _without_icons(told)["tools"]
    assert tokens({"tools": tools}) <= LIST_TOKENS
    assert tokens([{key: tool[key] for key in ("name", "description", "inputSchema")} for tool in tools]) <= SEEN_TOKENS


async def test_everything_has_a_small_icon_that_nobody_need_fetch(offers: Offers) -> None:
    for listed in (await told_by(offers)).values():
        for each in listed:
            (icon,) = each["icons"]
            assert icon["src"].startswith("data:image/svg+xml,%3Csvg%20xmlns=")
            assert icon["src"].isascii()
            assert len(icon["src"]) < ICON_CHARACTERS


def tokens(told: object) -> int:
    """As GPT-4o and later models count (o200k_base)."""
    count: int
    (count,) = toktok.batch_count([_json(told)], "o200k_base")
    return count


def _json(told: object) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)


def _without_icons(told: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        kind: [{key: value for key, value in each.items() if key != "icons"} for each in listed]
        for kind, listed in told.items()
    }
