"""What `dev.py test --coverage` prints of what coverage has counted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.coverage_report import Counts, counts_by_folder, show
from tests.conftest import REPOSITORY

SOURCE = """
def size(number):
    if number > 9:
        return "large"
    return "small"
"""
CALLER = (
    "import subprocess, sys; subprocess.run([sys.executable, '-c', 'from counted import one; one.size(1)'], check=True)"
)


@pytest.fixture
def report(tmp_path: Path) -> dict[str, object]:
    """By our settings, of a folder whose one module is used by a process that the counted one starts."""
    settings = (REPOSITORY / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(settings.replace('source = ["shared"]', 'source = ["counted"]'))
    (tmp_path / "counted").mkdir()
    (tmp_path / "counted/__init__.py").touch()
    (tmp_path / "counted/one.py").write_text(SOURCE)
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / ".local/coverage").mkdir(parents=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    for command in (["run", "caller.py"], ["combine", "-q"], ["json", "-q", "-o", "report.json"]):
        subprocess.run([sys.executable, "-m", "coverage", *command], cwd=tmp_path, env=environ, check=True)
    found: dict[str, object] = json.loads((tmp_path / "report.json").read_text())
    return found


def test_lines_and_branches_of_another_process_are_counted(
    report: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    counts = counts_by_folder(report)
    assert counts == {"counted": Counts(num_statements=4, covered_lines=3, num_branches=2, covered_branches=1)}
    assert show(counts | {"more": Counts(num_statements=4)}).lines == 100 * 3 / 8
    printed = capsys.readouterr().out.splitlines()
    assert [line.split() for line in printed[-3:]] == [
        ["counted", "4", "75.0%", "2", "50.0%"],
        ["more", "4", "0.0%", "0", "100.0%"],
        ["all", "8", "37.5%", "2", "50.0%"],
    ]
