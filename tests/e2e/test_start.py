"""`dev.py start` as a person uses it: from nothing, again, interrupted, killed, and where it cannot work."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.protocol.requests import ACCEPT, COUNT
from tests.stack import REPOSITORY, RunningStack, start, started_stack

EMPTY = ("--data", "none")


def is_running(pid: int) -> bool:
    """A zombie that nobody reaps has ended, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def all_end(pids: dict[str, int], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while any(is_running(pid) for pid in pids.values()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def prepared(open_folder: Path) -> Path:
    """A state folder of a stack that ran once, with stores only."""
    state = open_folder / "prepared"
    state.mkdir()
    with started_stack(state, *EMPTY):
        pass
    return state


@pytest.fixture
def state(prepared: Path, open_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of it; PostgreSQL insists on the owner of its files."""
    copy = open_folder / str(request.node.name)
    subprocess.run(["cp", "-a", str(prepared), str(copy)], check=True)
    return copy


def test_the_second_start_takes_less_than_three_seconds(state: Path) -> None:
    best = 9.0
    for _ in range(3):
        began = time.monotonic()
        with started_stack(state):
            best = min(best, time.monotonic() - began)
    assert best < 3.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_that_was_started(state: Path, number: signal.Signals) -> None:
    with started_stack(state) as stack:
        pids = stack.parts()
        assert set(pids) == {"PostgreSQL", "token issuer", "Functions host"}
        assert all(is_running(pid) for pid in pids.values())
        assert stack.stop(number) == 0
        assert all_end(pids, seconds=1)


def test_a_killed_start_leaves_nothing_running_and_the_next_one_works(state: Path) -> None:
    with started_stack(state) as stack:
        pids = stack.parts()
        stack.process.kill()
        stack.process.wait()
        assert all_end(pids)
    with started_stack(state) as stack:
        assert httpx2.get(f"{stack.base}/health/ready").status_code == 200


def test_a_start_that_was_killed_while_loading_is_made_good_by_the_next(closed_folder: Path) -> None:
    process = start(closed_folder, "--data", "full")
    log = closed_folder / "start.log"
    deadline = time.monotonic() + 60
    while "loading orders" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    with started_stack(closed_folder, "--data", "full") as stack, stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        assert superuser.execute("SELECT count(*) FROM retail.order_items").fetchone() == (414241,)
        names = superuser.execute("SELECT datname FROM pg_database WHERE datname LIKE 'zava%'").fetchall()
        assert names == [("zava",)]


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
    with started_stack(state) as stack, stack.connect("OWNER_DATABASE_URL") as owner:
        assert owner.execute("SELECT count(*) FROM retail.categories").fetchone() == (1,)
        assert "--fresh makes it anew" in " ".join((state / "start.log").read_text().split())
    with started_stack(state, "--fresh", *EMPTY) as stack, stack.connect("OWNER_DATABASE_URL") as owner:
        assert owner.execute("SELECT count(*) FROM retail.categories").fetchone() == (0,)


def test_eight_concurrent_first_requests_to_a_cold_host_are_eight_right_answers(stack: RunningStack) -> None:
    """On a host of its own: the readiness probe of dev.py has warmed the stack's."""
    with httpx2.Client(timeout=30) as client, cold_host(stack) as url:
        headers = {**ACCEPT, **stack.headers("kirkland"), "host": stack.base.removeprefix("http://")}
        with ThreadPoolExecutor(8) as threads:
            calls = [threads.submit(client.post, f"{url}/mcp", headers=headers, json=COUNT) for _ in range(8)]
        answers = [call.result() for call in calls]
    assert [answer.status_code for answer in answers] == [200] * 8
    assert all('"rows":[[2975]]' in answer.text for answer in answers)


@contextlib.contextmanager
def cold_host(stack: RunningStack, **settings: str) -> Iterator[str]:
    """A second Functions host over the same services that nobody has called yet."""
    environ = Path(f"/proc/{stack.parts()['Functions host']}/environ").read_bytes().decode().split("\0")
    command = [sys.executable, "-m", "local.functions_host", "--script-root", str(REPOSITORY), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--state-file", str(stack.state / "cold.json"), "--die-with-parent"],
        cwd=REPOSITORY,
        env={**dict(line.split("=", 1) for line in environ if "=" in line), **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().removeprefix("listening ").strip()
        process.terminate()


def test_readiness_falls_and_rises_with_the_database_while_live_stays(state: Path) -> None:
    with started_stack(state) as stack, httpx2.Client(base_url=stack.base, timeout=10) as client:
        postgres = stack.parts()["PostgreSQL"]
        os.kill(postgres, signal.SIGSTOP)  # worse than gone: it accepts and never answers
        children = [int(path.name) for path in Path("/proc").glob("[0-9]*") if parent_of(path) == postgres]
        for child in children:
            os.kill(child, signal.SIGSTOP)
        try:
            began = time.monotonic()
            ready, live = client.get("/health/ready"), client.get("/health/live")
            assert time.monotonic() - began < 2
            assert (ready.status_code, live.status_code) == (503, 200)
            assert ready.json()["components"] == {"database": "down"}
        finally:
            for pid in (postgres, *children):
                os.kill(pid, signal.SIGCONT)
        deadline = time.monotonic() + 15
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def parent_of(process: Path) -> int | None:
    with contextlib.suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return None


def test_the_end_of_the_host_is_the_end_of_everything(state: Path) -> None:
    with started_stack(state) as stack:
        pids = stack.parts()
        os.kill(pids["Functions host"], signal.SIGKILL)
        assert stack.process.wait(timeout=20) == 1
        assert "the Functions host ended by itself" in (state / "start.log").read_text()
        assert all_end(pids)


def test_without_its_database_the_host_is_live_and_not_ready(state: Path) -> None:
    with started_stack(state) as stack, httpx2.Client(base_url=stack.base, timeout=10) as client:
        os.kill(stack.parts()["PostgreSQL"], signal.SIGKILL)
        for _ in range(3):  # the first finds broken connections, later ones find none
            began = time.monotonic()
            assert client.get("/health/ready").status_code == 503
            assert time.monotonic() - began < 2
            assert client.get("/health/live").status_code == 200
        answer = client.post("/mcp", headers={**ACCEPT, **stack.headers("kirkland")}, json=COUNT)
        assert answer.status_code == 200
        assert '"isError":true' in answer.text
        assert "UNAVAILABLE" in answer.text
        assert "the PostgreSQL ended by itself" in (state / "start.log").read_text().replace("\n", " ")


def test_a_pool_of_one_serves_everybody_their_own(stack: RunningStack) -> None:
    with cold_host(stack, POOL_MAX_SIZE="1") as url, httpx2.Client(timeout=30) as client:
        for name, orders in (("head-office", 197665), ("kirkland", 2975), ("nobody", 0), ("seattle", 54995)):
            headers = {**ACCEPT, **stack.headers(name), "host": stack.base.removeprefix("http://")}
            assert f'"rows":[[{orders}]]' in client.post(f"{url}/mcp", headers=headers, json=COUNT).text


def fails(state: Path, *options: str, **environment: str) -> str:
    """What a start that cannot work says: one sentence."""
    done = subprocess.run(
        [sys.executable, "dev.py", "start", "--state", str(state), *options],
        cwd=REPOSITORY,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("dev.py: ")]
    assert "Traceback" not in done.stderr
    return sentence


def test_a_taken_port_is_one_sentence(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert f"port {port} is taken" in fails(state, "--port", str(port))


def test_a_folder_in_use_is_one_sentence(state: Path) -> None:
    with started_stack(state) as stack:
        assert f"in use by process {stack.process.pid}" in fails(state, "--port", "0")


def test_a_full_disk_is_one_sentence(closed_folder: Path) -> None:
    said = fails_on_a_disk_of(closed_folder, "20m", "dev.py start --port 0 --state DISK")
    assert "20 MB left" in said or "19 MB left" in said


def test_a_disk_that_fills_while_rows_are_loaded_is_one_sentence(open_folder: Path) -> None:
    filling = "(until grep -q 'loading customers' DISK/said; do sleep 0.05; done; dd if=/dev/zero of=DISK/more) &"
    said = fails_on_a_disk_of(open_folder, "720m", "dev.py start --port 0 --state DISK", f"touch DISK/said; {filling}")
    assert "is full" in said or "No space left" in said


def fails_on_a_disk_of(folder: Path, size: str, command: str, before: str = "") -> str:
    """What the command says on a small disk of its own, which is a mount of its own."""
    disk = folder / f"disk-{size}"
    disk.mkdir()
    script = f"""
        mount -t tmpfs -o size={size},mode=755 tmpfs DISK || exit 9
        {before}
        {sys.executable} {command} > DISK/said 2>&1
        code=$?; cat DISK/said; exit $code
    """
    # As root directly, otherwise as root of a user namespace.
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    done = subprocess.run(
        [*unshare, "sh", "-c", script.replace("DISK", str(disk))],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr + done.stdout
    assert "Traceback" not in done.stdout
    [sentence] = [line for line in done.stdout.splitlines() if line.startswith("dev.py: ")]
    return sentence


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot use" in fails(tmp_path / "file" / "state", "--port", "0")


def test_without_core_tools_it_is_said_what_to_install(state: Path) -> None:
    path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "func").exists())
    assert "npm install -g azure-functions-core-tools" in fails(state, "--port", "0", "--host", "func", PATH=path)


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


def test_the_databases_port_and_the_tokens_survive_a_restart(state: Path) -> None:
    with started_stack(state) as stack:
        first, token = stack.noted["environment"], stack.token("kirkland")
    with started_stack(state) as stack:
        assert stack.noted["environment"] == first
        headers = {**ACCEPT, "authorization": f"Bearer {token}"}
        assert httpx2.post(stack.url, headers=headers, json=COUNT).status_code == 200


def test_the_noted_files_are_private(state: Path) -> None:
    names = (
        "secrets.json",
        "passwords.json",
        "stack.json",
        "token-issuer.pem",
        "host.log",
        "issuer.log",
        "postgres/log",
    )
    assert {(state / name).stat().st_mode & 0o077 for name in names} == {0}


def test_ctrl_c_while_it_starts_leaves_nothing(closed_folder: Path) -> None:
    process = start(closed_folder, "--data", "full")
    deadline = time.monotonic() + 60
    while "loading customers" not in (closed_folder / "start.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    ours = [int(path.name) for path in Path("/proc").glob("[0-9]*") if parent_of(path) == process.pid]
    assert len(ours) == 3
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert process.stdout is not None
    process.stdout.close()
    assert all_end({str(pid): pid for pid in ours}, seconds=2)


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
