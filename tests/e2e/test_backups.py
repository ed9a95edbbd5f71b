"""The timers of backups, run on demand on a stack as a laptop has it."""

import json
from pathlib import Path

import httpx2

from tests.processes import eventually
from tests.stack import RunningStack, started_stack


def run(stack: RunningStack, timer: str) -> None:
    """As the host's administrator does."""
    assert httpx2.post(f"{stack.base}/admin/functions/{timer}", json={}).status_code == 202


def test_a_backup_is_made_and_verified_by_its_timers(state: Path) -> None:
    with started_stack(state) as stack:
        run(stack, "backup_full")
        [manifest] = eventually(lambda: list(state.glob("backups/*/manifest.json")), "a backup", 30)
        run(stack, "verify_backup")
        [report] = eventually(lambda: list(state.glob("backups/*/verification.json")), "its verification", 60)
        said = json.loads(report.read_text().rpartition("}")[0] + "}")
        assert report.parent == manifest.parent
        assert (said["problem"], said["rows"] > 8) == (None, True)
        run(stack, "backup_incremental")  # who asks for one gets one, however young the last one is
        eventually(lambda: len(list(state.glob("backups/*/manifest.json"))) == 2, "an incremental backup at once", 30)
        assert "(Failed" not in stack.host_log()
