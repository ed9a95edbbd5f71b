"""`dev.py start` as a person uses it: from nothing, again, interrupted, killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.e2e.conftest import EMPTY
from tests.processes import all_end, children_of, is_running
from tests.protocol.requests import ACCEPT, COUNT
from tests.stack import REPOSITORY, RunningStack, start, started_stack

AFTERWARDS = 5.0
"""Seconds in which the kernel has put away what ended before `dev.py start` did."""


def test_however_it_ends_nothing_goes_on_and_the_next_start_has_ports_rows_and_tokens_of_before(state: Path) -> None:
    with started_stack(state) as stack:
        first, token = stack.noted, stack.token("kirkland")
        with stack.connect("OWNER_DATABASE_URL") as owner:
            owner.execute("INSERT INTO retail.categories (category_name) VALUES ('Mine')")
        assert set(stack.parts()) == {"PostgreSQL", "token issuer", "embedder", "Functions host"}
        assert all(is_running(pid) for pid in stack.parts().values())
        assert stack.stop(signal.SIGINT) == 0
        assert all_end(stack.parts(), seconds=AFTERWARDS)
    with started_stack(state) as stack:
        assert stack.noted["environment"] == first["environment"]
        assert stack.noted["ports"] == first["ports"] | {"mcp": stack.noted["ports"]["mcp"]}  # which is asked for anew
        headers = {**ACCEPT, "authorization": f"Bearer {token}"}
        assert httpx2.post(stack.url, headers=headers, json=COUNT).status_code == 200
        assert stack.stop(signal.SIGTERM) == 0
        assert all_end(stack.parts(), seconds=AFTERWARDS)
    with started_stack(state) as stack:
        stack.process.kill()
        stack.process.wait()
        assert all_end(stack.parts())
    with started_stack(state) as stack, stack.connect("OWNER_DATABASE_URL") as owner:
        assert httpx2.get(f"{stack.base}/health/ready").status_code == 200
        assert owner.execute("SELECT category_name FROM retail.categories").fetchall() == [("Mine",)]


def test_a_start_that_was_killed_while_loading_is_made_good_by_the_next(stack: RunningStack) -> None:
    """The stack of all tests has begun so (tests/conftest.py)."""
    assert "loading orders" in (stack.state / "killed.log").read_text()
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        assert superuser.execute("SELECT count(*) FROM retail.order_items").fetchone() == (414241,)
        names = superuser.execute("SELECT datname FROM pg_database WHERE datname LIKE 'zava%' ORDER BY 1").fetchall()
        assert names == [("zava",), ("zava_verification",)]


def test_a_folder_that_is_closed_to_others_will_do(closed_folder: Path) -> None:
    with started_stack(closed_folder, *EMPTY) as stack, stack.connect("OWNER_DATABASE_URL") as owner:
        assert owner.execute("SELECT count(*) FROM retail.stores").fetchone() == (8,)


def test_data_none_has_schema_people_and_stores_and_takes_the_originals_columns(state: Path) -> None:
    with started_stack(state) as stack:
        with stack.connect("OWNER_DATABASE_URL") as owner:
            assert owner.execute("SELECT current_user::text").fetchone() == ("zava_owner",)
            assert owner.execute("SELECT count(*) FROM retail.stores").fetchone() == (8,)
            assert owner.execute("SELECT count(*) FROM retail.products").fetchone() == (0,)
            owner.execute("INSERT INTO retail.categories (category_id, category_name) VALUES (1, 'Tools')")
            owner.execute("INSERT INTO retail.product_types (type_id, category_id, type_name) VALUES (1, 1, 'Saws')")
            owner.execute(
                "INSERT INTO retail.products (product_id, sku, product_name, category_id, type_id, cost, base_price,"
                " gross_margin_percent, product_description) VALUES (1, 'S', 'Saw', 1, 1, 6.7, 10, 33, 'It saws.')"
            )
            owner.execute(
                "INSERT INTO retail.customers (customer_id, first_name, last_name, email, phone, primary_store_id,"
                " created_at) VALUES (1, 'A', 'B', 'a@example.com', '1', 7, now())"
            )
            owner.execute("INSERT INTO retail.inventory (store_id, product_id, stock_level) VALUES (7, 1, 5)")
            owner.execute(
                "INSERT INTO retail.orders (order_id, customer_id, store_id, order_date) VALUES (1, 1, 7, '2026-01-01')"
            )
            owner.execute(
                "INSERT INTO retail.order_items (order_item_id, order_id, store_id, product_id, quantity, unit_price,"
                " discount_percent, discount_amount, total_amount) VALUES (1, 1, 7, 1, 1, 10, 0, 0, 10)"
            )
        headers = {**ACCEPT, **stack.headers("kirkland")}
        assert '"rows":[[1]]' in httpx2.post(stack.url, headers=headers, json=COUNT).text


def test_fresh_throws_the_database_away(state: Path) -> None:
    with started_stack(state) as stack, stack.connect("OWNER_DATABASE_URL") as owner:
        owner.execute("INSERT INTO retail.categories (category_name) VALUES ('Mine')")
        assert "--fresh makes it anew" in " ".join((state / "start.log").read_text().split())
    with started_stack(state, "--fresh", *EMPTY) as stack, stack.connect("OWNER_DATABASE_URL") as owner:
        assert owner.execute("SELECT count(*) FROM retail.categories").fetchone() == (0,)


CORE_TOOLS = """\
#!/bin/sh
# Stands in for `func`: serves the same app with nothing but what local.settings.json says.
test "$1" = start && test "$2" = --port || exit 2
exec env -i PATH="$PATH" {python} -m local.functions_host --script-root . --port "$3" --state-file {timers}
"""


def test_core_tools_run_the_same_services_from_local_settings(state: Path, tmp_path: Path) -> None:
    settings = REPOSITORY / "local.settings.json"
    before = settings.read_bytes() if settings.exists() else None
    func = tmp_path / "bin" / "func"
    func.parent.mkdir()
    func.write_text(CORE_TOOLS.format(python=sys.executable, timers=tmp_path / "timers.json"))
    func.chmod(0o755)
    try:
        with started_stack(state, "--host", "func", PATH=f"{func.parent}{os.pathsep}{os.environ['PATH']}") as stack:
            assert settings.stat().st_mode & 0o777 == 0o600
            headers = {**ACCEPT, **stack.headers("kirkland")}
            assert httpx2.post(stack.url, headers=headers, json=COUNT).status_code == 200
    finally:
        settings.unlink(missing_ok=True)
        if before is not None:
            settings.write_bytes(before)


def test_the_noted_files_are_private(state: Path) -> None:
    names = (
        "secrets.json",
        "passwords.json",
        "stack.json",
        "token-issuer.pem",
        "host.log",
        "issuer.log",
        "embedder.log",
        "postgres/log",
    )
    assert {(state / name).stat().st_mode & 0o077 for name in names} == {0}


def test_ctrl_c_while_it_starts_leaves_nothing(closed_folder: Path) -> None:
    process = start(closed_folder, "--data", "full")
    deadline = time.monotonic() + 60
    while "loading customers" not in (closed_folder / "start.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    ours = children_of(process.pid)
    assert len(ours) == 2  # Functions host and PostgreSQL; issuer and embedder come last
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert process.stdout is not None
    process.stdout.close()
    assert all_end({str(pid): pid for pid in ours}, seconds=AFTERWARDS)


def test_postgres_of_another_life_is_ended_before_a_new_one(state: Path) -> None:
    """Where the kernel does not end children, the next start does."""
    from local.postgres import EmbeddedPostgres

    left = EmbeddedPostgres(state / "postgres")
    left.start()
    with started_stack(state) as stack, stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        assert superuser.execute("SELECT 1").fetchone() == (1,)
        assert not left.alive()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(left.superuser_url(), connect_timeout=2)
    left.stop()
    shutil.rmtree(state)


def test_another_program_with_an_old_number_of_postgres_is_left_alone(state: Path) -> None:
    bystander = subprocess.Popen(["postgres -D elsewhere", "60"], executable=shutil.which("sleep"))
    try:
        (state / "postgres" / "data" / "postmaster.pid").write_text(f"{bystander.pid}\n")
        with started_stack(state):
            assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
