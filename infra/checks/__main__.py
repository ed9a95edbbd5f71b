"""`python -m infra.checks`: each mistake on a line, exit status 1 where there is one."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.checks.app_settings import check_app_settings
from infra.checks.azure_yaml import check_azure_yaml
from infra.checks.baseline import check_baseline
from infra.checks.connections import check_connections
from infra.checks.contracts import check_contracts
from infra.checks.finding import Finding
from infra.checks.hooks import check_hooks
from infra.checks.infrastructure import Infrastructure
from infra.checks.parameters import check_parameters
from infra.checks.resource_types import ResourceTypes
from infra.checks.symbols import check_symbols

REPOSITORY = Path(__file__).resolve().parents[2]
BESIDE = REPOSITORY.parent / "shared/tools/bicep"
"""Where the data may be that are not part of this repository."""


def findings_in(repository: Path, data: Path | None = None) -> list[Finding]:
    """All mistakes. data: a folder with azure-types.json.gz and azure.yaml.schema.json, Azure's own types."""
    infrastructure = Infrastructure(repository)
    types = ResourceTypes(data / "azure-types.json.gz") if data else None
    for path, file in infrastructure.files.items():
        check_symbols(file)
        check_contracts(file, infrastructure.targets(path))
        if types is not None:
            types.check(file)
    found = [finding for file in infrastructure.files.values() for finding in file.findings]
    found += [
        *infrastructure.unreachable(),
        *check_parameters(infrastructure),
        *check_app_settings(infrastructure),
        *check_baseline(infrastructure),
        *check_hooks(infrastructure),
        *check_connections(infrastructure),
        *check_azure_yaml(infrastructure, data / "azure.yaml.schema.json" if data else None),
    ]
    return sorted(set(found))


def main(arguments: Sequence[str]) -> int:
    data: Path | None = _parser().parse_args(arguments).data
    found = findings_in(REPOSITORY, data)
    for finding in found:
        print(finding)
    print(f"{len(found)} mistakes in infra/bicep and azure.yaml{_not_looked_at(data)}")
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.checks", description="Check infra/bicep and azure.yaml.")
    beside = BESIDE if BESIDE.is_dir() else None
    parser.add_argument("--data", type=Path, default=beside, help="folder with Azure's types and azd's schema")
    return parser


def _not_looked_at(data: Path | None) -> str:
    if data is None:
        return "; Azure's own types are not at hand and were not looked at"
    types = ResourceTypes(data / "azure-types.json.gz")
    unknown = {each.resource.type for each in Infrastructure(REPOSITORY).made if types.lacks(each.resource.type)}
    return f"; the data do not know {', '.join(sorted(unknown))}" if unknown else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
