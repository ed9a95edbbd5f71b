"""What the code reads is what Bicep sets."""

import dataclasses
import re
from collections.abc import Iterator

from infra.checks.finding import Finding
from infra.checks.infrastructure import Infrastructure
from infra.checks.syntax import properties, walk
from shared.settings import Settings

NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
LAPTOP = {"SECRETS_FILE"}
AZURE = ("APPLICATIONINSIGHTS_", "FUNCTIONS_", "OVERRIDE_", "WEBSITE_")
"""Prefixes of what Azure itself reads."""


def check_app_settings(infrastructure: Infrastructure) -> Iterator[Finding]:
    """Both ways."""
    read = {field.name.upper() for field in dataclasses.fields(Settings)} - LAPTOP
    read |= set(re.findall(r"%(\w+)%", (infrastructure.repository / "function_app.py").read_text()))
    written = {
        name
        for file in infrastructure.files.values()
        for node in walk(file.root)
        if node.type == "object"
        for name in properties(node)
        if NAME.fullmatch(name)
    }
    for name in sorted(read - written):
        yield Finding("infra/bicep", 1, "settings", f"{name} is read and not set")
    for name in sorted(written - read):
        if not name.startswith(AZURE):
            yield Finding("infra/bicep", 1, "settings", f"{name} is set, and nobody reads it")
