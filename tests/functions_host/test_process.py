"""The process: how it announces itself, how it fails to start, how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import eventually, is_running

from .conftest import REPOSITORY, RunningHost, StartHost, command, environment

SIGNALS = [signal.SIGTERM, signal.SIGINT]


def write_app(folder: Path, source: str, host_json: str = "{}") -> Path:
    (folder / "host.json").write_text(host_json)
    (folder / "function_app.py").write_text(source)
    return folder


def test_a_taken_port_is_one_clear_sentence(fails_to_start: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = fails_to_start("--port", str(port))
    expected = f"port {port} on 127.0.0.1 is taken; stop what listens there or choose another --port"
    assert said == f"The host cannot start: {expected}.\n"


def test_of_two_hosts_started_at_once_on_one_port_one_serves(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = command("--port", str(port), "--state-file", str(tmp_path / "timers.json"))
    hosts = [
        subprocess.Popen(
            line, cwd=REPOSITORY, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    (loser,) = eventually(lambda: [host for host in hosts if host.poll() is not None], "the end of one")
    (winner,) = (host for host in hosts if host is not loser)
    assert winner.stdout is not None
    assert winner.stdout.readline() == f"listening http://127.0.0.1:{port}\n"
    winner.terminate()
    announced, said = loser.communicate()
    assert (loser.returncode, announced) == (1, "")
    assert said.splitlines()[-1].startswith(f"The host cannot start: port {port} on 127.0.0.1 is taken; ")
    winner.communicate()
    assert winner.returncode == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_listening_at_once_and_lets_running_calls_finish(
    start_host: StartHost, number: signal.Signals
) -> None:
    host = start_host()
    with ThreadPoolExecutor(2) as pool:
        asynchronous = pool.submit(host.client.get, "/api/sleeps/800")
        synchronous = pool.submit(host.client.get, "/api/blocks/800")
        eventually(lambda: host.log().count("Executing 'Functions.") >= 2, "the start of both calls")
        host.process.send_signal(number)
        eventually(lambda: refuses(host), "the end of the listening")
        assert not asynchronous.done()
        host.process.send_signal(signal.SIGTERM)  # a terminal and a parent may both pass one on
        assert (asynchronous.result().json(), synchronous.result().json()) == ("awake", "awake")
    assert host.process.wait(timeout=5) == 0


def refuses(host: RunningHost) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(host.url.rpartition(":")[2]))).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_run_by_hand_finishes_before_the_host_exits(start_host: StartHost) -> None:
    host = start_host()
    assert host.client.post("/admin/functions/slower_than_its_schedule", json={"input": ""}).status_code == 202
    eventually(lambda: "Executing 'Functions.slower" in host.log(), "the start of the run")
    assert host.stop() == 0
    assert "Executed 'Functions.slower_than_its_schedule' (Succeeded" in host.log()


def test_stdout_carries_the_announcement_and_nothing_else(start_host: StartHost) -> None:
    host = start_host()
    assert host.client.get("/api/prints").json() == "printed"
    assert host.stop() == 0
    assert host.process.stdout is not None
    assert host.process.stdout.read() == ""
    assert "printed by the function" in host.log()
    assert "printed by its child process" in host.log()


def test_the_host_dies_with_its_parent_even_if_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys\n"
        "host = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "print(host.pid, host.stdout.readline(), flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            script,
            *command("--port", "0", "--die-with-parent", "--state-file", str(tmp_path / "timers.json")),
        ],
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid, announcement = parent.stdout.readline().split(maxsplit=1)
        assert announcement.startswith("listening ")
        parent.kill()
    eventually(lambda: not is_running(int(pid)), "the end of the host")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("import sys\nsys.exit(5)\n", "function_app.py called sys.exit(5) while it was imported"),
        ("import azure.functions as func\napp = func.FunctionApp()\n", "function_app.py declares no functions"),
        (
            "import azure.functions as func\n"
            "app = func.FunctionApp()\n"
            "@app.route(route='x')\n"
            "def lists(request: list) -> str:\n"
            "    return ''\n",
            "FunctionLoadError: cannot load the lists function",
        ),
    ],
)
def test_an_app_that_does_not_load_is_one_clear_message(
    fails_to_start: Callable[..., str], tmp_path: Path, source: str, message: str
) -> None:
    said = fails_to_start("--port", "0", app=write_app(tmp_path, source))
    assert f"The function app could not be loaded: {message}" in said


def test_a_load_failure_shows_where_it_happened(fails_to_start: Callable[..., str], tmp_path: Path) -> None:
    said = fails_to_start("--port", "0", app=write_app(tmp_path, "def deep():\n    1 / 0\n\n\ndeep()\n"))
    assert 'function_app.py", line 2, in deep' in said


def test_a_folder_without_host_json_is_one_clear_sentence(fails_to_start: Callable[..., str], tmp_path: Path) -> None:
    said = fails_to_start("--port", "0", app=tmp_path)
    assert said == f"The host cannot start: {tmp_path} has no host.json, so it is not a function app.\n"


APP_THAT_SHOWS_SETTINGS = """
import os
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="/")
async def settings(req: func.HttpRequest) -> str:
    return " ".join([os.environ["FROM_FILE"], os.environ["FROM_BOTH"], os.path.basename(os.getcwd())])
"""


def test_local_settings_fill_in_what_the_environment_does_not_say(start_host: StartHost, tmp_path: Path) -> None:
    app = write_app(tmp_path, APP_THAT_SHOWS_SETTINGS, '{"extensions": {"http": {"routePrefix": ""}}}')
    (app / "local.settings.json").write_text('{"Values": {"FROM_FILE": "file", "FROM_BOTH": "file"}}')
    host = start_host(app=app, env=environment({"FROM_BOTH": "environment"}))
    assert host.client.get("/").text == f"file environment {tmp_path.name}"
