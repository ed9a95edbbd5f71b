"""main.parameters.json gives what main.bicep asks for, and keeps no secret."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from infra.checks.finding import Finding
from infra.checks.infrastructure import Infrastructure

SHOWN = "infra/bicep/main.parameters.json"


def check_parameters(infrastructure: Infrastructure) -> Iterator[Finding]:
    """Values come from the environment of azd; those without a default must be asked for."""
    path = infrastructure.folder / "main.parameters.json"
    main = infrastructure.files.get(infrastructure.main)
    if main is None or not path.is_file():
        yield Finding(SHOWN, 1, "parameters", "is not there")
        return
    given = _given(path)
    if given is None:
        yield Finding(SHOWN, 1, "parameters", "is not a file of parameters")
        return
    for name in sorted(given.keys() - main.parameters.keys()):
        yield Finding(SHOWN, 1, "parameters", f"main.bicep has no parameter {name}")
    for name, parameter in main.parameters.items():
        if parameter.needed and name not in given:
            yield Finding(SHOWN, 1, "parameters", f"{name} is not given")
        value = given.get(name, "")
        if parameter.type in ("int", "bool") and re.fullmatch(r"\$\{\w+\}", value):
            yield Finding(SHOWN, 1, "parameters", f"{name} is {parameter.type}, and its variable may be empty")
        if re.search(r"password|secret|key$", name, re.IGNORECASE):
            yield Finding(SHOWN, 1, "baseline 1", f"{name} looks like a secret")


def _given(path: Path) -> dict[str, str] | None:
    try:
        return {name: str(each["value"]) for name, each in json.loads(path.read_text())["parameters"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
