"""The command line: `python -m local.functions_host --script-root . --port 7071`."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TextIO

from local.lifeline import when_orphaned

from .errors import LoadError, StartError


def main() -> int:
    arguments = _parser().parse_args()
    announcement = _keep_stdout_for_the_announcement()
    _log_to_stderr(arguments.log_level)
    if arguments.die_with_parent:
        when_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        _serve(arguments, announcement)
        gc.freeze()  # the process ends: nothing is worth collecting
    except LoadError as error:
        print(f"The function app could not be loaded: {error}\n{error.stack_trace}".rstrip(), file=sys.stderr)
        return 1
    except StartError as error:
        print(f"The host cannot start: {error}.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.functions_host", description=__doc__)
    parser.add_argument("--script-root", type=Path, default=Path(), help="the folder with host.json")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7071, help="0 takes any free port")
    parser.add_argument("--state-file", type=Path, help="what timers remember (SCRIPT_ROOT/.local/timers.json)")
    parser.add_argument("--enable-auth", action="store_true", help="ask for access keys, as Azure does")
    parser.add_argument("--die-with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument(
        "--worker-channel", type=int, help=argparse.SUPPRESS
    )  # of a further process (worker_processes.py)
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    return parser


def _serve(arguments: argparse.Namespace, announcement: TextIO) -> None:
    # Imported here: --help and a mistyped option need neither uvicorn nor the runtime.
    from .server import Options, serve

    root = arguments.script_root.resolve()
    state_file = arguments.state_file or root / ".local" / "timers.json"
    options = Options(
        script_root=root,
        host=arguments.host,
        port=arguments.port,
        state_file=state_file.resolve(),
        enable_auth=arguments.enable_auth,
        arguments=_for_further_processes(sys.argv[1:]),
        started_in=Path.cwd(),
        channel=arguments.worker_channel,
    )
    if root.is_dir():
        os.chdir(root)  # where Core Tools runs an app
    serve(options, lambda url: print(f"listening {url}", file=announcement, flush=True))


def _for_further_processes(arguments: list[str]) -> tuple[str, ...]:
    """Their lifeline is the channel."""
    return tuple(each for each in arguments if each != "--die-with-parent")


def _keep_stdout_for_the_announcement() -> TextIO:
    """What functions and their child processes print belongs to the log, so that stdout carries one line only."""
    announcement = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return announcement


def _log_to_stderr(level: str) -> None:
    logging.Formatter.converter = time.gmtime
    form = "[%(asctime)s.%(msecs)03dZ] %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, stream=sys.stderr, format=form, datefmt="%Y-%m-%dT%H:%M:%S")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # The runtime writes here what it does on each call; in Azure that goes to the platform's own log.
    logging.getLogger("azure.functions").setLevel(max(logging.WARNING, logging.getLogger().level))


if __name__ == "__main__":
    sys.exit(main())
