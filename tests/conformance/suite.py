"""The MCP project's conformance suite: a Node program, installed as package-lock.json says, run against a URL."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.node import NODE

HERE = Path(__file__).parent
SUITE = HERE / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
ABOUT_ANY_ANSWER = "wire-schema-valid"
"""A check that the suite adds to every scenario: it shows that something was answered, not that it was right."""
_TIME = re.compile(r"-\d{4}-\d\d-\d\dT.*$")


@dataclass(frozen=True)
class Check:
    """One thing that a scenario looked at. status: SUCCESS, FAILURE, WARNING, SKIPPED or INFO."""

    id: str
    status: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What a run says: its exit code, its report, and the checks of each scenario."""

    code: int
    report: str
    scenarios: dict[str, list[Check]]

    def verified(self) -> set[str]:
        """Scenarios that found something right and nothing wrong."""
        return {name for name in self.scenarios if self._right(name) and not self.failures(name)}

    def failed(self) -> set[str]:
        return {name for name in self.scenarios if self.failures(name)}

    def failures(self, name: str) -> dict[str, str]:
        """What was wrong, by check."""
        return {check.id: check.message for check in self.scenarios[name] if check.status == "FAILURE"}

    def _right(self, name: str) -> bool:
        return any(check.status == "SUCCESS" and check.id != ABOUT_ANY_ANSWER for check in self.scenarios[name])


def run(url: str, revision: str, results: Path, *options: str | Path) -> Outcome:
    """All scenarios that a revision requires, and those that the suite does not score, in one process."""
    command: list[str | Path] = [NODE, SUITE, "server", "--url", url, "-o", results, "--requirements", revision]
    done = subprocess.run(
        [*command, *options], cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100
    )
    scenarios = {_scenario(found): _checks(found) for found in results.glob("*/checks.json")}
    return Outcome(done.returncode, done.stdout + done.stderr, scenarios)


def required(revision: str) -> set[str]:
    """The scenarios of the suite's own frozen list."""
    text = (SUITE.parents[1] / "requirements" / f"{revision}.yaml").read_text()
    listed = text.partition("\nserver:\n")[2].partition("\n\n")[0]
    return {line.removeprefix("  - ") for line in listed.splitlines()}


def _scenario(found: Path) -> str:
    return _TIME.sub("", found.parent.name).removeprefix("server-")


def _checks(found: Path) -> list[Check]:
    return [
        Check(check["id"], check["status"], check.get("errorMessage", "")) for check in json.loads(found.read_text())
    ]
