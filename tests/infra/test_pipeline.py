"""The workflow deploys with what main.bicep asks for, and with no more rights than that takes."""

import re
from typing import Any

import yaml

from infra.hooks.__main__ import TOKEN
from tests.conftest import REPOSITORY

PARAMETERS = (REPOSITORY / "infra/bicep/main.parameters.json").read_text()
ASKED = set(re.findall(r"\$\{(\w+)", PARAMETERS))
OURS = {name for name in ASKED if name.startswith("ZAVA_")}


def workflow() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((REPOSITORY / ".github/workflows/azure.yml").read_text())
    return document


def test_every_parameter_comes_from_a_variable_of_the_environment() -> None:
    env = workflow()["jobs"]["deploy"]["env"]
    assert env.keys() >= ASKED
    assert all(value == f"${{{{ vars.{name} }}}}" for name, value in env.items())


def test_azd_knows_the_same_variables() -> None:
    document = yaml.safe_load((REPOSITORY / "azure.yaml").read_text())
    assert set(document["pipeline"]["variables"]) == OURS


def test_only_the_deployment_logs_in_and_never_for_a_pull_request() -> None:
    document = workflow()
    jobs = document["jobs"]
    assert document["permissions"] == {"contents": "read"}
    assert [name for name, job in jobs.items() if "permissions" in job] == ["deploy"]
    assert jobs["deploy"]["if"] == "github.event_name != 'pull_request'"
    assert jobs["deploy"]["needs"] == ["suite", "compiler"]
    assert jobs["suite"]["uses"] == "./.github/workflows/ci.yml"
    assert "secrets." not in (REPOSITORY / ".github/workflows/azure.yml").read_text()


def test_the_docs_name_no_variable_that_nobody_reads() -> None:
    said = set(re.findall(r"\bZAVA_[A-Z_]+", (REPOSITORY / "docs/deployment.md").read_text()))
    assert said <= OURS | {TOKEN}
