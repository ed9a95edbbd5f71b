"""`dev.py start` where it cannot work: one clear sentence, nothing on stdout, exit code 1."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.stack import REPOSITORY, RunningStack, run_dev


def fails(state: Path, *options: str, **environment: str) -> str:
    """What a start that cannot work says: one sentence."""
    done = run_dev("start", "--state", str(state), *options, **environment)
    assert (done.returncode, done.stdout) == (1, "")
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("dev.py: ")]
    assert "Traceback" not in done.stderr
    return sentence


def test_a_taken_port_is_one_sentence(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert f"port {port} is taken" in fails(state, "--port", str(port))


def test_a_folder_in_use_is_one_sentence(stack: RunningStack) -> None:
    assert f"in use by process {stack.process.pid}" in fails(stack.state, "--port", "0")


def test_a_full_disk_is_one_sentence(closed_folder: Path) -> None:
    said = fails_on_a_disk_of(closed_folder, "20m", "dev.py start --port 0 --state DISK")
    assert "20 MB left" in said or "19 MB left" in said


def test_a_disk_that_fills_while_rows_are_loaded_is_one_sentence(open_folder: Path) -> None:
    filling = "(until grep -q 'loading customers' DISK/said; do sleep 0.05; done; dd bs=1M if=/dev/zero of=DISK/more) &"
    said = fails_on_a_disk_of(open_folder, "720m", "dev.py start --port 0 --state DISK", f"touch DISK/said; {filling}")
    assert "is full" in said


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
