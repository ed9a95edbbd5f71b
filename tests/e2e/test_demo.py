"""The demo in a pipe: what it prints is held against the database, and it fails where a part of it does."""

import fcntl
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from dev import DEMO
from local.demo.play import PARTS
from local.people import PEOPLE
from local.state import StateFolder
from tests.conftest import REPOSITORY
from tests.processes import all_end, eventually
from tests.stack import RunningStack, host_beside, run_dev

SECONDS = 200
CALLERS = ["kirkland", "west-region", "head-office"]


@pytest.fixture(scope="module")
def shown(stack: RunningStack) -> dict[str, str]:
    """What all of it prints, by heading."""
    done = subprocess.run(
        [sys.executable, "dev.py", "demo", "--state", str(stack.state)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.isascii()
    assert not set(done.stdout) & set("\x1b\r\b")
    assert "NOT AS PROMISED" not in done.stdout
    _, *parts = re.split(r"^(.+?) -{10,}$", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def cells(text: str) -> list[list[str]]:
    """Of the one table, its head first."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line] for line in lines]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def test_it_has_every_part_and_ends_with_what_to_try_next(shown: dict[str, str]) -> None:
    assert list(shown) == [*(title for title, _ in PARTS.values()), "What to try next"]
    assert tuple(PARTS) == DEMO
    named = re.findall(r"docs/[\w.]+", shown["What to try next"])
    assert named
    assert all((REPOSITORY / name).exists() for name in named)


def test_each_caller_is_shown_the_rows_of_its_own_stores(stack: RunningStack, shown: dict[str, str]) -> None:
    head, *rows = cells(shown["One question, three callers"])
    assert head == ["revenue of", *CALLERS]
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        sold = superuser.execute(
            "SELECT store_id, store_name, (SELECT sum(total_amount) FROM retail.order_items AS item WHERE EXISTS"
            " (SELECT FROM retail.orders AS o WHERE o.order_id = item.order_id AND o.order_date > '2025-12-31'"
            " AND o.store_id = store.store_id)) FROM retail.stores AS store"
        ).fetchall()
    for column, name in enumerate(CALLERS, 1):
        own = {store: amount for store_id, store, amount in sold if store_id in PEOPLE[name].store_ids}
        assert {row[0]: number(row[column]) for row in rows[:-1] if row[column]} == own
        assert rows[-1][column] == str(len(own))


def test_what_is_found_by_meaning_is_on_the_callers_shelf(stack: RunningStack, shown: dict[str, str]) -> None:
    found = [row for row in cells(shown["A search by meaning"])[1:] if row[2]]  # the rest are second lines
    assert found
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        for name, _, _, stock in found:
            query = (
                "SELECT stock_level FROM retail.inventory JOIN retail.products USING (product_id)"
                " WHERE store_id = 7 AND product_name = %s"
            )
            assert (int(stock),) in superuser.execute(query, (name,)).fetchall()


def test_the_chart_has_what_the_callers_stores_sold(stack: RunningStack, shown: dict[str, str]) -> None:
    text = shown["A report with its chart"]
    bars = re.findall(r"^  (\S.*?)\s{2,}(#*)\s+([\d,.]+) USD$", text, flags=re.MULTILINE)
    period = re.search(r": (\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)$", text, flags=re.MULTILINE)
    assert period is not None
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        sold = superuser.execute(
            "SELECT category_name, sum(total_amount) FROM retail.order_items JOIN retail.products USING (product_id)"
            " JOIN retail.categories USING (category_id) WHERE (store_id, order_id) IN (SELECT store_id, order_id FROM"
            " retail.orders WHERE order_date BETWEEN %s AND %s) AND store_id = ANY (%s) GROUP BY 1 ORDER BY 2 DESC",
            (*period.groups(), list(PEOPLE["west-region"].store_ids)),
        ).fetchall()
    assert [(name, number(amount)) for name, _, amount in bars] == sold
    assert [len(bar) for _, bar, _ in bars] == [round(40 * amount / sold[0][1]) for _, amount in sold]


def test_no_attempt_yields_a_value_of_somebody_else(stack: RunningStack, shown: dict[str, str]) -> None:
    answers = re.split(r"^  > ", shown["Attempts to see more"], flags=re.MULTILINE)[1:]
    given = [" ".join(answer.partition("\n  < ")[2].split()) for answer in answers]
    refused = [answer for answer in given if answer.startswith(("SQL_NOT_ALLOWED: ", "HTTP 401 ", "HTTP 403 "))]
    values = [answer for answer in given if answer not in refused]
    assert (len(refused), len(values)) == (10, 2)
    assert values[0].startswith("orders = 0, newest = NULL ")
    assert values[1].startswith("count = 0 ")
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        counts = superuser.execute(
            "SELECT count(*), max(order_id) FROM retail.orders GROUP BY GROUPING SETS (store_id, ())"
        )
        assert not {str(value) for row in counts for value in row} & set(re.findall(r"\d+", " ".join(given)))


def test_the_restored_rows_are_those_of_the_database(stack: RunningStack, shown: dict[str, str]) -> None:
    text = shown["A backup that was restored"]
    head, *rows = cells(text)
    assert head == ["table", "rows", "restored", "SHA-256", "restored"]
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        for table, counted, restored, checksum, of_restored in rows:
            assert superuser.execute(f"SELECT count(*) FROM {table}").fetchone() == (int(number(counted)),)
            assert (counted, checksum) == (restored, of_restored)
        tables = superuser.execute("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = 'retail'")
        assert {table for (table,) in tables} <= {row[0] for row in rows}
        assert not superuser.execute("SELECT FROM pg_database WHERE datname = 'zava_demo'").fetchall()
    [backup] = re.findall(r"^  < (\S+): ", text, flags=re.MULTILINE)
    assert (stack.state / "backups" / backup / "manifest.json").exists()


@pytest.fixture
def deaf(stack: RunningStack, open_folder: Path) -> Iterator[Path]:
    """A folder as of a stack of which the embedder is gone."""
    folder = open_folder / "deaf"
    folder.mkdir()
    shutil.copy(stack.state / "token-issuer.pem", folder)
    with (
        host_beside(stack, "deaf", OPENAI_BASE_URL="http://127.0.0.1:9/v1") as url,
        StateFolder(folder).locked(),
    ):
        ports = stack.noted["ports"] | {"mcp": int(url.rpartition(":")[2])}
        (folder / "stack.json").write_text(json.dumps(stack.noted | {"mcp_url": f"{url}/mcp", "ports": ports}))
        yield folder


def test_without_the_embedder_the_demo_fails_by_its_search(deaf: Path) -> None:
    done = run_dev("demo", "--state", str(deaf), "--only", "search", "--only", "report")
    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    assert "NOT AS PROMISED: it was not a search by meaning: " in done.stdout
    assert "OK: The bars come to " in done.stdout
    assert done.stdout.endswith("NOT AS PROMISED: 1 of 2: A search by meaning.\n")


def test_without_orders_the_demo_fails_and_stops_the_stack_that_it_started(state: Path) -> None:
    done = run_dev("demo", "--state", str(state), "--only", "callers")
    assert done.returncode == 1
    assert "NOT AS PROMISED: there are no orders at all" in done.stdout
    assert f"python3 dev.py start --state {state}" in done.stdout
    assert "starting PostgreSQL" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert StateFolder(state).holder() is None
    assert all_end(json.loads((state / "stack.json").read_text())["pids"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_and_what_it_started(state: Path, number: signal.Signals) -> None:
    with (state / "demo.out").open("w") as out, (state / "demo.err").open("w") as err:
        demo = subprocess.Popen(
            [sys.executable, "-u", "dev.py", "demo", "--state", str(state), "--only", "escapes"],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    try:
        eventually(lambda: "manages one store" in (state / "demo.out").read_text(), "the first attempt", 60)
        demo.send_signal(number)
        assert demo.wait(timeout=30) == 130
    finally:
        demo.kill()
        demo.wait()
    assert (state / "demo.err").read_text().splitlines()[-1] == "dev.py: stopped"
    assert "Traceback" not in (state / "demo.err").read_text() + (state / "demo.out").read_text()
    assert all_end(json.loads((state / "stack.json").read_text())["pids"])


def test_a_stack_that_is_not_ready_is_said_to_be(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_dev("demo", "--state", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"dev.py: process 4711 runs on {tmp_path}, and is not ready; ")


def test_a_state_that_is_no_folder_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_dev("demo", "--state", str(tmp_path / "file"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("dev.py: cannot use ")
