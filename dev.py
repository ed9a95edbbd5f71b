#!/usr/bin/env python3
"""One command for everything a developer does here. Standard library only: any Python from 3.11 starts it.

It finds or obtains Python 3.13, keeps a virtual environment in .venv, and goes on inside it.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "zava-stamp.json"
PYTHON = (3, 13)
UV = "uv==0.13.9"  # installs in a third of pip's time (MIT or Apache-2.0); without it, pip does
LOCAL, DEV = "requirements-local.txt", "requirements-dev.txt"
PEOPLE = (
    *("head-office", "west-region", "seattle", "bellevue", "tacoma", "spokane", "everett", "redmond", "kirkland"),
    *("online", "nobody"),
)
DEMO = ("callers", "search", "report", "escapes", "backup")
A_YEAR = 365 * 24 * 60 * 60


class CannotGoOn(Exception):
    """One sentence for the person at the terminal."""


def main() -> int:
    """Parse, make sure of the environment, run the command in it."""
    options, rest = _parser().parse_known_args()
    if rest and options.command not in ("test", "bench"):
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        if options.command == "env":  # needs nothing but a file, and answers at once
            return print_environment(options.state)
        ensure_environment(DEV if options.command in ("test", "check", "bench") else LOCAL)
        if Path(sys.prefix).resolve() != VENV.resolve():
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), str(ROOT / "dev.py"), *sys.argv[1:]])
        sys.path.insert(0, str(ROOT))
        return run(options, rest)
    except CannotGoOn as problem:
        print(f"dev.py: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dev.py: stopped", file=sys.stderr)
        return 130


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """The command itself, inside the virtual environment."""
    from local import commands

    match options.command:
        case "start":
            return commands.start(
                options.state, port=options.port, data=options.data, fresh=options.fresh, host=options.host
            )
        case "token":
            return commands.print_token(options.state, options.name)
        case "rls-context":
            return commands.print_rls_context(options.state, options.name, options.ttl)
        case "prove-isolation":
            return commands.prove_isolation(options.state, as_json=options.json)
        case "verify-audit":
            return commands.verify_audit(options.state, head=options.head, as_json=options.json)
        case "demo":
            return commands.demo(options.state, only=options.only)
        case "test":
            return commands.test(rest)
        case "bench":
            return commands.bench(rest)
        case _:
            return commands.check()


def ensure_environment(requirements: str) -> None:
    """A virtual environment with what the requirements file names, made or mended where it is not."""
    wanted = _fingerprint(requirements)
    if _installed().get(requirements) == wanted:
        return
    try:
        if not _installed():
            with _progress("creating the virtual environment .venv"):
                _run([str(find_python()), "-m", "venv", "--clear", str(VENV)])
        with _progress("installing Python packages (once, up to a minute)"):
            _install(requirements)
    except OSError as error:
        raise CannotGoOn(f"cannot write {VENV}: {error.strerror}.") from error
    STAMP.write_text(json.dumps(_installed() | {requirements: wanted}))


def find_python() -> Path:
    """A Python 3.13 that really runs: this one, one on this machine, or one that uv downloads."""
    for candidate in _candidates():
        if _version_of(candidate) == PYTHON:
            return candidate
    with _progress("obtaining Python 3.13"):
        obtained = _obtain_python()
    if obtained is None:
        raise CannotGoOn(
            "Python 3.13 is needed, is not on this machine and could not be downloaded; "
            "install it from https://www.python.org/downloads/ and run the same command again."
        )
    return obtained


def print_environment(state: Path) -> int:
    """The database URLs of the running stack, one NAME=value a line."""
    try:
        stack = json.loads((state / "stack.json").read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise CannotGoOn(f"nothing was started in {state}; run: python3 dev.py start") from None
    except ValueError:
        raise CannotGoOn(f"{state / 'stack.json'} is damaged; run: python3 dev.py start") from None
    for name, url in stack["environment"].items():
        print(f"{name}={url}")
    return 0


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    if found := shutil.which("python3.13"):
        yield Path(found)
    home = Path.home()
    folders = [Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions", home / ".local/share/uv/python"]
    for folder in folders:
        try:
            yield from sorted(folder.glob("*3.13*/bin/python3.13"), reverse=True)
        except OSError:  # somebody else's
            continue


def _version_of(python: Path) -> tuple[int, ...] | None:
    question = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([str(python), "-c", question], capture_output=True, text=True, timeout=20, check=True)
        return tuple(int(part) for part in done.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _obtain_python() -> Path | None:
    tools = ROOT / ".local" / "bootstrap"
    try:
        uv = shutil.which("uv")
        if uv is None:
            _run([sys.executable, "-m", "venv", "--clear", str(tools)])
            _run([str(tools / "bin/python"), "-m", "pip", "install", "--quiet", UV])
            uv = str(tools / "bin/uv")
        _run([uv, "python", "install", "3.13"])
        found = _run([uv, "python", "find", "3.13"]).strip()
        return Path(found) if _version_of(Path(found)) == PYTHON else None
    except (CannotGoOn, OSError):
        return None


def _install(requirements: str) -> None:
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        _run([*pip, UV])
        # Compiled now, for every later start is three times faster with bytecode than without.
        uv = [str(VENV_PYTHON), "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode"]
        _run([*uv, "--python", str(VENV_PYTHON), "--requirement", requirements])
    except CannotGoOn:
        _run([*pip, "--requirement", requirements])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise CannotGoOn(f"`{' '.join(command[:5])} …` failed: {lines[-1].strip()}")
    return done.stdout


def _installed() -> dict[str, str]:
    try:
        installed: dict[str, str] = json.loads(STAMP.read_text())
        return installed if VENV_PYTHON.exists() else {}
    except (OSError, ValueError):
        return {}


def _fingerprint(requirements: str) -> str:
    texts = [(ROOT / name).read_bytes() for name in ("requirements.txt", LOCAL, requirements)]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """A line that counts seconds on a terminal, a plain line elsewhere; on stderr, for stdout carries results."""
    if not sys.stderr.isatty():
        print(f"dev.py: {what} …", file=sys.stderr, flush=True)
        yield
        return
    began, done = time.monotonic(), threading.Event()

    def tick() -> None:
        while not done.wait(0.5):
            print(f"\rdev.py: {what} … {time.monotonic() - began:.0f} s ", end="", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        print(f"\rdev.py: {what}: {time.monotonic() - began:.1f} s   ", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py", description="Run, test and look at Zava Retail MCP on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    start = commands.add_parser("start", help="start everything from nothing; Ctrl-C stops it")
    start.add_argument(
        "--port", type=_number(0, 65535), default=7071, help="of the MCP endpoint (7071); 0 takes a free one"
    )
    start.add_argument(
        "--data", choices=("full", "none"), default="full", help="sample data, or only schema, stores and grants"
    )
    start.add_argument("--fresh", action="store_true", help="throw the database away and make it anew")
    start.add_argument(
        "--host", choices=("local", "func"), default="local", help="the built-in Functions host, or Core Tools' func"
    )
    commands.add_parser(
        "test",
        help="run the whole test suite; --coverage counts its lines; further arguments go to pytest",
        add_help=False,
    )
    commands.add_parser(
        "bench", help="what things cost and how well search answers; --help names the parts", add_help=False
    )
    commands.add_parser("check", help="formatting, lint, types, import rules, spelling, GitHub's forms, infrastructure")
    demo = commands.add_parser(
        "demo", help="a minute that shows the point, on the running stack or one of its own: three callers, a backup, …"
    )
    demo.add_argument("--only", choices=DEMO, action="append", default=[], help="this part; again for more")
    token = commands.add_parser("token", help="print a bearer token for one of the sample callers")
    context = commands.add_parser("rls-context", help="print a signed row-level security context")
    context.add_argument("--ttl", type=_number(-A_YEAR, A_YEAR), default=60, help="seconds until it expires (60)")
    for command in (token, context):
        command.add_argument("--as", dest="name", choices=PEOPLE, required=True, help="who the caller is")
    proof = commands.add_parser("prove-isolation", help="prove that the running stack's database keeps tenants apart")
    proof.add_argument("--json", action="store_true", help="print JSON instead of a table")
    audit = commands.add_parser("verify-audit", help="verify that the running stack's audit trail is as it was written")
    audit.add_argument("--json", action="store_true", help="print JSON instead of sentences")
    audit.add_argument("--head", metavar="SEQ:HASH", help="a head that an earlier run printed")
    environment = commands.add_parser("env", help="print the database URLs of the stack that runs or ran last")
    for command in (start, demo, token, context, proof, audit, environment):
        command.add_argument("--state", type=Path, default=ROOT / ".local", help="where state lives (.local)")
    return parser


def _number(least: int, most: int) -> Callable[[str], int]:
    """Of an argument, which is refused in a sentence where it is none or beyond its bounds."""

    def parsed(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = most + 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"a number from {least} to {most}")
        return number

    return parsed


if __name__ == "__main__":
    sys.exit(main())
