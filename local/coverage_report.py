"""The suite with every line and branch of `shared/` counted, in all the processes that it starts."""

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import pytest

from local.commands import IN_LANES, shared_by_lanes
from local.parts import ROOT

LEAST = 90.0
"""Per cent of lines, below which the run has failed."""
DATA = ROOT / ".local" / "coverage"
"""One file a process, as pyproject.toml says."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Lines and branches that there are, and those that ran."""

    num_statements: int = 0
    covered_lines: int = 0
    num_branches: int = 0
    covered_branches: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})

    @property
    def lines(self) -> float:
        """Per cent."""
        return _share(self.covered_lines, self.num_statements)

    @property
    def branches(self) -> float:
        """Per cent."""
        return _share(self.covered_branches, self.num_branches)


def run_with_coverage(arguments: list[str]) -> int:
    """pytest with these arguments, or the suite but for what is timed; then the table.

    The status is 1 where the whole suite runs fewer lines than LEAST. A test that fails does not decide here: counting
    takes half as much time again, so what bounds times may, and the suite's own run has judged all.
    """
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True)
    with shared_by_lanes() as environ:
        counted = [sys.executable, "-m", "coverage", "run", "-m", "pytest", *(arguments or IN_LANES)]
        status = subprocess.call(counted, cwd=ROOT, env=environ)
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return status
    total = show(counts_by_folder(measured()))
    if not arguments and total.lines < LEAST:
        print(f"dev.py: fewer than {LEAST:g} % of lines were run", file=sys.stderr)
        return 1
    return 0


def measured() -> Mapping[str, Any]:
    """All processes' data together, as coverage reports them in JSON."""
    report = DATA / "report.json"
    for command in (["combine", "--quiet"], ["json", "--quiet", "-o", str(report)]):
        subprocess.run([sys.executable, "-m", "coverage", *command], cwd=ROOT, check=True)
    found: Mapping[str, Any] = json.loads(report.read_text())
    return found


def counts_by_folder(report: Mapping[str, Any]) -> dict[str, Counts]:
    """Of each folder below `shared/`, and of the files beside them."""
    counts: dict[str, Counts] = defaultdict(Counts)
    for name, file in report["files"].items():
        summary = file["summary"]
        counts[Path(name).parent.as_posix()] += Counts(**{each.name: summary[each.name] for each in fields(Counts)})
    return dict(counts)


def show(counts: Mapping[str, Counts]) -> Counts:
    """Prints a row for each folder and one for all, which is returned."""
    total = sum(counts.values(), Counts())
    width = max(len(folder) for folder in [*counts, "all"])
    print(f"\n{'':<{width}}  {'lines':>6}  {'run':>6}  {'branches':>8}  {'taken':>6}")
    for folder, each in _rows(counts, total):
        print(
            f"{folder:<{width}}  {each.num_statements:>6}  {each.lines:>5.1f}%  "
            f"{each.num_branches:>8}  {each.branches:>5.1f}%"
        )
    return total


def _rows(counts: Mapping[str, Counts], total: Counts) -> Iterable[tuple[str, Counts]]:
    return [*sorted(counts.items()), ("all", total)]


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0
