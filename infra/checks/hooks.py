"""What hooks read is there when they run, and no login is without an identity."""

import dataclasses
import re
from collections.abc import Iterator

from infra.checks.finding import Finding
from infra.checks.infrastructure import Infrastructure
from infra.hooks.database_logins import IDENTITIES
from infra.hooks.deployment import Deployment

AZD = {"AZURE_ENV_NAME", "AZURE_SUBSCRIPTION_ID"}
"""What azd itself sets."""


def check_hooks(infrastructure: Infrastructure) -> Iterator[Finding]:
    """Against outputs and parameters of main.bicep, and sql/roles.sql."""
    main = infrastructure.files.get(infrastructure.main)
    parameters = infrastructure.folder / "main.parameters.json"
    if main is None or not parameters.is_file():
        return
    given = set(re.findall(r"\$\{(\w+)", parameters.read_text())) | set(main.outputs) | AZD
    for field in dataclasses.fields(Deployment):
        if (name := field.name.upper()) not in given:
            yield Finding(main.path, 1, "hooks", f"hooks read {name}, which is no output and no parameter")
    roles = (infrastructure.repository / "sql/roles.sql").read_text()
    logins = set(re.findall(r"^ALTER ROLE (\w+) LOGIN\b", roles, re.MULTILINE))
    for login in sorted(logins ^ IDENTITIES.keys()):
        yield Finding("sql/roles.sql", 1, "hooks", f"{login} is not both a login and tied to an identity by hooks")
