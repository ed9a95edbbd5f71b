"""A service of a laptop as a process of its own: `python -m MODULE --state DIR --port N`."""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp

from local.asgi_server import AnnouncedServer, base_url, configuration, loopback_socket
from local.lifeline import when_orphaned


def run_service(program: str, description: str | None, create: Callable[[Path], ASGIApp]) -> None:
    """Serves what create makes of the state folder until interrupted, and says so on stdout once it listens."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps keys and secrets")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--die-with-parent", action="store_true", help="end when standard input ends")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    app = create(options.state)
    listener = loopback_socket(options.port)
    server = AnnouncedServer(configuration(app), lambda: print(f"listening {base_url(listener)}", flush=True))
    if options.die_with_parent:
        when_orphaned(lambda: setattr(server, "should_exit", True))
    asyncio.run(server.serve([listener]))
