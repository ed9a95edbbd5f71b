"""All .bicep files that main.bicep reaches, and their resources as values."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from infra.checks.bicep_file import BicepFile, Resource, read
from infra.checks.finding import Finding
from infra.checks.syntax import line
from infra.checks.values import Value, value_of


@dataclass(frozen=True)
class Made:
    """A resource that a deployment makes. type: without its API version."""

    type: str
    file: BicepFile
    resource: Resource
    value: Value

    def finding(self, rule: str, what: str) -> Finding:
        return Finding(self.file.path, line(self.resource.node), rule, what)


class Infrastructure:
    """Of a repository."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.folder = repository / "infra/bicep"
        self.main = self.folder / "main.bicep"
        self.files: dict[Path, BicepFile] = {}
        if self.main.is_file():
            self._read(self.main)

    def targets(self, path: Path) -> dict[str, BicepFile]:
        """The files that this one uses, by the path that it writes; those that are not there are not among them."""
        uses = {use.target for use in self.files[path].modules.values()}
        resolved = {target: Path(os.path.normpath(path.parent / target)) for target in uses}
        return {target: self.files[found] for target, found in resolved.items() if found in self.files}

    def unreachable(self) -> Iterator[Finding]:
        """Files that no deployment reads."""
        if not self.files:
            yield Finding("infra/bicep/main.bicep", 1, "modules", "is not there")
        for path in sorted(self.folder.rglob("*.bicep")):
            if path not in self.files:
                yield Finding(self._shown(path), 1, "modules", "main.bicep does not reach it")

    @cached_property
    def made(self) -> list[Made]:
        return [
            Made(resource.type.partition("@")[0], file, resource, value_of(file, resource.body))
            for file in self.files.values()
            for resource in file.resources.values()
            if resource.body is not None and not resource.existing
        ]

    def of(self, *types: str) -> list[Made]:
        """Those of these types."""
        return [each for each in self.made if each.type in types]

    def _read(self, path: Path) -> None:
        self.files[path] = read(path, self._shown(path))
        for use in self.files[path].modules.values():
            target = Path(os.path.normpath(path.parent / use.target))
            if target.is_file() and target not in self.files:
                self._read(target)

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.repository).as_posix()
