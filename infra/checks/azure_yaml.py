"""azure.yaml fits the files that it names, and azd's schema where that is at hand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from infra.checks.finding import Finding
from infra.checks.infrastructure import Infrastructure

SHOWN = "azure.yaml"
HOOKS = {"preprovision", "postprovision", "postdeploy"}
HOSTS = {"function", "appservice", "containerapp", "aks", "staticwebapp"}


def check_azure_yaml(infrastructure: Infrastructure, schema: Path | None = None) -> Iterator[Finding]:
    """schema: azure.yaml.schema.json of azd."""
    repository = infrastructure.repository
    try:
        document = yaml.safe_load((repository / SHOWN).read_text())
        problems = list(_problems(infrastructure, document))
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        problems = [f"cannot be read: {type(error).__name__}"]
        document = None
    if schema is not None and document is not None:
        problems += _of_schema(document, schema)
    for problem in problems:
        yield Finding(SHOWN, 1, "azure.yaml", problem)


def _problems(infrastructure: Infrastructure, document: Any) -> Iterator[str]:
    repository = infrastructure.repository
    infra = document.get("infra") or {}
    entry = repository / infra.get("path", "infra") / f"{infra.get('module', 'main')}.bicep"
    if entry != infrastructure.main:
        yield f"infra is not {infrastructure.main.relative_to(repository)}"
    tags = "\n".join(path.read_text() for path in infrastructure.files)
    if "'azd-env-name'" not in tags:
        yield "nothing is tagged azd-env-name, by which azd finds what it made"
    if not (services := document.get("services") or {}):
        yield "there is no service"
    for name, service in services.items():
        if service.get("host") not in HOSTS:
            yield f"service {name}: azd knows no host {service.get('host')}"
        project = repository / service.get("project", ".")
        if not (project / "host.json").is_file():
            yield f"service {name}: no host.json in {service.get('project')}"
        if not re.search(rf"'azd-service-name': '{re.escape(name)}'", tags):
            yield f"service {name}: nothing is tagged azd-service-name: {name}"
    if missing := HOOKS - set(document.get("hooks") or {}):
        yield f"no hook {', '.join(sorted(missing))}"
    for name, hook in (document.get("hooks") or {}).items():
        for each in hook if isinstance(hook, list) else [hook]:
            run = repository / str(each.get("run"))
            if not run.is_file():
                yield f"hook {name}: {each.get('run')} is not there"
            if each.get("kind") != "python" or not (run.parent / "requirements.txt").is_file():
                yield f"hook {name}: azd would not run it as Python with its packages"
            if each.get("continueOnError"):
                yield f"hook {name}: its failure would go unnoticed"


def _of_schema(document: Any, schema: Path) -> Iterator[str]:
    from jsonschema import validators

    rules = json.loads(schema.read_text())
    for error in validators.validator_for(rules)(rules).iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:140]}"
