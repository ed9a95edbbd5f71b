"""On Azure, timers have instances of their own, which need no second of importing what answers clients."""

from functools import partial
from pathlib import Path

import httpx2

from tests.processes import eventually
from tests.stack import PLAIN, RunningStack, host_beside

TIMERS = ("rotate_keys", "refresh_embeddings", "backup_full", "backup_incremental")
"""verify_backup, which takes longest, imports what restores and nothing else: tests/unit/test_structure.py."""


def says(log: Path, text: str) -> bool:
    return text in log.read_text()


def imported(log: str) -> set[str]:
    return {line.rpartition("|")[2].strip() for line in log.splitlines() if line.startswith("import time:")}


def test_an_instance_that_runs_timers_alone_never_imports_mcp(stack: RunningStack) -> None:
    log = stack.state / "timers-alone-host.log"
    # With this, Python says on stderr, which is the log, what it imports.
    host = host_beside(stack, "timers-alone", PYTHONPROFILEIMPORTTIME="1")
    with host as url, httpx2.Client(base_url=url, verify=PLAIN) as client:
        for timer in TIMERS:
            assert client.post(f"/admin/functions/{timer}", json={"input": ""}).status_code == 202
            ended = f"Executed 'Functions.{timer}' ("
            eventually(partial(says, log, ended), f"the end of {timer}", seconds=120)
            assert says(log, f"{ended}Succeeded")
        assert "psycopg" in imported(log.read_text())
        assert not {"mcp", "starlette.applications"} & imported(log.read_text())
        assert client.post("/mcp", json={}).status_code == 401  # who answers clients imports it
        assert "mcp" in imported(log.read_text())
