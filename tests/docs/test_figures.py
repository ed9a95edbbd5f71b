"""Numbers of pages that say how much something is tested are the numbers of what is tested."""

import json
import re
from collections.abc import Mapping
from importlib.metadata import version

from tests.infra.test_checks import MISTAKES
from tests.isolation.attack import Target
from tests.isolation.attacks import FAMILIES, corpus
from tests.isolation.contexts import forged_contexts
from tests.isolation.corpus import legitimate_queries
from tests.stack import REPOSITORY

WORDS = {"Twenty-six": 26}
NPM: Mapping[str, str] = json.loads((REPOSITORY / "tests/clients/package.json").read_text())["dependencies"]


def page(name: str) -> str:
    return " ".join((REPOSITORY / name).read_text().split())


def numbers(pattern: str, *names: str) -> set[str]:
    """What the pattern's group is, wherever a page says it."""
    found = [match for name in names for match in re.findall(pattern, page(name))]
    assert found, pattern
    return set(found)


def minor(release: str) -> str:
    return ".".join(release.split(".")[:2])


def attacks() -> Mapping[str, int]:
    """How many there are of each family, whatever they aim at."""
    target = Target(
        database="x",
        order_id=1,
        order_item_id=1,
        customer_id=1,
        email="x",
        phone="x",
        head_office="x",
        kid="x",
        password="x",
        marker="x",
        forged_contexts=forged_contexts(),
    )
    return {family: len(corpus(target, family)) for family in FAMILIES}


def test_attacks_and_legitimate_queries_are_as_many_as_is_said() -> None:
    count = attacks()
    assert numbers(r"([\d,]+) (?:attacks|statements: \d+ families)", "README.md", "docs/security.md") == {
        f"{sum(count.values()):,}"
    }
    assert numbers(r"statements: (\d+) families", "docs/security.md") == {str(len(count))}
    assert numbers(r"Each of (\d+) bombs", "docs/security.md") == {str(count["bombs"])}
    assert numbers(r"(\d+) legitimate queries", "README.md", "docs/security.md") == {str(len(legitimate_queries()))}


def test_mistakes_and_questions_are_as_many_as_is_said() -> None:
    assert numbers(r"makes (\d+) mistakes", "docs/deployment.md") == {str(len(MISTAKES))}
    questions = len(re.findall(r"^### ", (REPOSITORY / "docs/walkthrough.md").read_text(), re.MULTILINE))
    said = numbers(r"([\w-]+) questions of managers with their calls", "README.md")
    assert {WORDS[word] for word in said} == {questions}


def test_clients_are_of_the_versions_that_are_said_to_be_tested() -> None:
    assert numbers(r"\| MCP SDK for Python ([\d.]+)", "docs/clients.md") == {minor(version("mcp"))}
    assert numbers(r"\| fastmcp ([\d.]+)", "docs/clients.md") == {minor(version("fastmcp-slim"))}
    assert numbers(r"\| OpenAI Agents SDK ([\d.]+)", "docs/clients.md") == {minor(version("openai-agents"))}
    for name, package in (("SDK for TypeScript", "sdk"), ("Inspector", "inspector")):
        said = numbers(rf"\| MCP {name} ([\d.]+)", "docs/clients.md")
        assert said == {minor(NPM[f"@modelcontextprotocol/{package}"])}
    assert numbers(r"mcp-remote@([\d.]+)", "docs/clients.md") == {NPM["mcp-remote"]}
    assert numbers(r"`mcp-remote` ([\d.]+)", "docs/clients.md") == {minor(NPM["mcp-remote"])}


def test_what_to_do_is_said_for_each_alert_and_for_no_other() -> None:
    bicep = (REPOSITORY / "infra/bicep/modules/alerts.bicep").read_text()
    alerts = set(re.findall(r"^ +text: '(.*)'$", bicep, re.MULTILINE))
    _, _, section = (REPOSITORY / "docs/operations.md").read_text().partition("## When an alert fires")
    said = re.findall(r"^\| ([^|]+) \|", section.partition("\n## ")[0], re.MULTILINE)[1:]
    assert len(said) == len(alerts) == 10
    assert set(said) == alerts
