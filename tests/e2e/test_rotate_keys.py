"""Keys of the running stack change under two instances that are called all the while."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import httpx2

from local.parts import application_settings
from local.state import StateFolder
from tests.conftest import REPOSITORY
from tests.processes import eventually
from tests.protocol.wire import MODERN, Wire
from tests.stack import PLAIN, RunningStack, host_beside

KEYS = ("rls-signing-key", "cursor-signing-key", "request-state-key")
SEEDED = "backup-signing-key"
"""Is there from the start, and stays."""
QUERY = {"postgresql_query": "SELECT order_id FROM orders ORDER BY order_id", "max_rows": 5}


def rotate(stack: RunningStack, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """`python -m shared rotate-keys` with the settings of the stack."""
    settings = application_settings(StateFolder(stack.state), stack.noted["environment"], stack.noted["ports"])
    return subprocess.run(
        [sys.executable, "-m", "shared", "rotate-keys", *arguments],
        cwd=REPOSITORY, env=os.environ | settings | changes, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def versions(stack: RunningStack) -> dict[str, list[str]]:
    """The enabled ones of each key."""
    kept = json.loads((stack.state / "secrets.json").read_text())
    return {name: [each["version"] for each in kept[name] if each.get("enabled", True)] for name in KEYS}


def known(stack: RunningStack) -> set[str]:
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        return {kid for (kid,) in superuser.execute("SELECT kid FROM access.signing_keys").fetchall()}


def page_of(wire: Wire, **arguments: Any) -> dict[str, Any]:
    answer = wire.ask("tools/call", {"name": "execute_sales_query", "arguments": QUERY | arguments})
    assert answer.status == 200, answer.response.text
    assert not answer.result.get("isError"), answer.result
    page: dict[str, Any] = answer.result["structuredContent"]
    return page


def test_calls_and_cursors_go_on_while_keys_are_rotated(stack: RunningStack) -> None:
    """However slow the machine: each way between the instances is gone again behind each rotation."""
    over = Event()
    gone = [0, 0]
    """Pages that were taken up elsewhere, by thread."""
    with host_beside(stack, "keys") as other, ThreadPoolExecutor(2) as threads:
        authorization = {**stack.headers("kirkland"), "host": stack.base.removeprefix("http://")}

        def go_on(thread: int, mine: str, others: str) -> None:
            """A page from one instance and the next one from the other, again and again."""
            with (
                httpx2.Client(base_url=mine, timeout=30, verify=PLAIN) as one,
                httpx2.Client(base_url=others, timeout=30, verify=PLAIN) as another,
            ):
                first, next_one = (Wire(http, authorization, MODERN) for http in (one, another))
                while not over.is_set():
                    assert page_of(next_one, cursor=page_of(first)["next_cursor"])["row_count"] == 5
                    gone[thread] += 1

        def gone_again() -> None:
            """Both threads have begun and ended a way since, and neither has failed."""
            so_far = list(gone)
            eventually(
                lambda: (
                    any(each.done() for each in running)
                    or all(now >= then + 2 for now, then in zip(gone, so_far, strict=True))
                ),
                "the next pages",
                60,
            )
            assert not any(each.done() for each in running), [each.exception() for each in running if each.done()]

        running = [threads.submit(go_on, 0, stack.base, other), threads.submit(go_on, 1, other, stack.base)]
        try:
            before = versions(stack)
            gone_again()
            for _ in range(3):
                done = rotate(stack, "--now", "--json")
                assert (done.returncode, done.stderr) == (0, "")
                assert [(each["name"], each["brought"]) for each in json.loads(done.stdout)["keys"]] == [
                    *((name, True) for name in KEYS),
                    (SEEDED, False),
                ]
                assert set(versions(stack)["rls-signing-key"]) <= known(stack)
                gone_again()
        finally:
            over.set()
        for each in running:
            each.result()
    after = versions(stack)
    for name in KEYS:
        assert (len(after[name]), after[name][3:]) == (len(before[name]) + 3, before[name])
    assert stat.S_IMODE((stack.state / "secrets.json").stat().st_mode) == 0o600


def test_the_timer_runs_on_demand_and_finds_nothing_due(stack: RunningStack) -> None:
    before = versions(stack)
    ran = "Executed 'Functions.rotate_keys' (Succeeded"
    count = stack.host_log().count(ran)
    with httpx2.Client(verify=PLAIN) as client:
        assert client.post(f"{stack.base}/admin/functions/rotate_keys", json={"input": ""}).status_code == 202
    eventually(lambda: stack.host_log().count(ran) > count, "the run")
    assert versions(stack) == before


def test_the_command_tells_what_it_did_and_what_it_could_not(stack: RunningStack) -> None:
    done = rotate(stack)
    assert done.returncode == 0
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == [*KEYS, SEEDED]
    assert "nothing new, 0 retired" in done.stdout
    missing = rotate(stack, KEYS_DATABASE_URL="")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "KEYS_DATABASE_URL is missing" in missing.stderr
    down = rotate(stack, KEYS_DATABASE_URL="postgresql://zava_keys:hidden@127.0.0.1:1/zava")
    assert (down.returncode, down.stdout, "hidden" in down.stderr, "Traceback" in down.stderr) == (3, "", False, False)
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        superuser.execute("UPDATE access.key_lease SET held_until = 'infinity'")
        busy = rotate(stack, "--now")
        superuser.execute("UPDATE access.key_lease SET held_until = now()")
    assert (busy.returncode, busy.stdout, busy.stderr) == (1, "", "rotate-keys: another run is at work\n")


def test_what_is_made_by_a_stack_that_starts_again_holds(stack: RunningStack, dev: Callable[..., Any]) -> None:
    """A printed context is signed with a key that the database knows, also while another one is on its way."""
    secrets = stack.state / "secrets.json"
    kept = json.loads(secrets.read_text())
    pending = {"version": "pending", "value": "x", "enabled": False}
    secrets.write_text(json.dumps(kept | {"rls-signing-key": [pending, *kept["rls-signing-key"]]}))
    try:
        context = dev("rls-context", "--as", "kirkland", "--state", str(stack.state)).stdout.strip()
    finally:
        secrets.write_text(json.dumps(kept))
    with stack.connect("APP_DATABASE_URL") as app:
        assert app.execute("SELECT access.enter_context(%s)", (context,)).fetchone() == (True,)
