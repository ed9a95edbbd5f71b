"""Lists: pages, a stable order, and how long who may keep them."""

import pytest

from shared.chart_page import CHART_URI
from shared.protocol.pagination import PAGE_SIZE
from tests.conformance.fixtures.resources import NUMBERED
from tests.protocol.conftest import Speak
from tests.protocol.wire import MODERN, REVISIONS, Revision, Wire

LISTS = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")


def pages_of_resources(wire: Wire) -> list[list[str]]:
    pages: list[list[str]] = []
    params: dict[str, str] = {}
    while not pages or params:
        result = wire.ask("resources/list", params).result
        pages.append([resource["uri"] for resource in result["resources"]])
        params = {"cursor": result["nextCursor"]} if "nextCursor" in result else {}
    return pages


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_long_list_comes_in_pages_that_together_are_the_list(speak_to_fixtures: Speak, revision: Revision) -> None:
    pages = pages_of_resources(speak_to_fixtures(revision))
    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 57]
    together = [uri for page in pages for uri in page]
    assert len(set(together)) == len(together)
    assert together[7:] == NUMBERED


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_cursor_is_short_and_tells_nothing(speak_to_fixtures: Speak, revision: Revision) -> None:
    result = speak_to_fixtures(revision).ask("resources/list").result
    assert len(result["nextCursor"]) == 20
    assert "nextCursor" not in speak_to_fixtures(revision).ask("tools/list").result


def test_a_cursor_is_good_in_its_own_list_only(speak_to_fixtures: Speak) -> None:
    wire = speak_to_fixtures(MODERN)
    cursor = wire.ask("resources/list").result["nextCursor"]
    for method in LISTS:
        answer = wire.ask(method, {"cursor": cursor})
        assert answer.status == (200 if method == "resources/list" else 400)


@pytest.mark.parametrize("method", LISTS)
def test_a_list_is_the_same_each_time_in_both_eras(speak: Speak, method: str) -> None:
    keyed = {revision: [speak(revision).ask(method).result for _ in range(2)] for revision in REVISIONS}
    (entries,) = [key for key in keyed[MODERN][0] if key in ("tools", "prompts", "resources", "resourceTemplates")]
    lists = [result[entries] for results in keyed.values() for result in results]
    assert all(each == lists[0] for each in lists)


@pytest.mark.parametrize("method", LISTS)
def test_a_list_may_be_kept_by_who_asked_and_nobody_else(speak: Speak, method: str) -> None:
    result = speak(MODERN).ask(method).result
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "private")


def test_what_everybody_is_told_may_be_kept_for_everybody(speak: Speak) -> None:
    result = speak(MODERN).ask("server/discover").result
    assert (result["ttlMs"], result["cacheScope"]) == (300_000, "public")


def test_a_resource_is_read_anew_each_time(speak_to_fixtures: Speak) -> None:
    result = speak_to_fixtures(MODERN).ask("resources/read", {"uri": "test://static-text"}).result
    assert (result["ttlMs"], result["cacheScope"]) == (0, "private")


def test_the_chart_is_the_same_for_everybody_and_may_be_kept(speak: Speak) -> None:
    pages = [speak(MODERN, name).ask("resources/read", {"uri": CHART_URI}).result for name in ("kirkland", "nobody")]
    assert pages[0]["contents"] == pages[1]["contents"]
    assert (pages[0]["ttlMs"], pages[0]["cacheScope"]) == (3_600_000, "public")
    earlier = speak("2025-11-25").ask("resources/read", {"uri": CHART_URI}).result
    assert earlier == {"contents": pages[0]["contents"]}


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("uri", ["ui://zava/chart", "ui://zava/chart.html/", "ui://zava/../chart.html", "ui://", ""])
def test_another_page_is_not_there(speak: Speak, revision: Revision, uri: str) -> None:
    answer = speak(revision).ask("resources/read", {"uri": uri})
    assert answer.error["code"] == (-32602 if revision == MODERN else -32002)
