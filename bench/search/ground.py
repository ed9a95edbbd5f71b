"""The search as the server has it, over the ground's database: products embedded by the refresh job, the model in a
process of its own.
"""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from bench.ground import Ground
from local.callers import caller_of
from local.parts import application_settings, listens, start_embedder
from local.postgres import free_port
from local.progress import RowsBar
from shared.jobs.refresh_embeddings import Effort, refresh_as_set
from shared.services import Services
from shared.settings import Settings

START_SECONDS = 30.0
TO_THE_END = Effort(seconds=300, patience=60)
CALLER = caller_of("head-office")


@dataclass(frozen=True)
class Server:
    """The application's services with one connection to the database, on the event loop of the runner."""

    services: Services
    runner: asyncio.Runner


@dataclass(frozen=True)
class SearchGround:
    """A database whose products are embedded, and the settings of a server over it."""

    ground: Ground
    settings: Settings

    @contextmanager
    def server(self) -> Iterator[Server]:
        """One that nothing was asked of yet. It stands still while nothing runs on its loop."""
        with asyncio.Runner() as runner:
            services = runner.run(Services(self.settings).__aenter__())
            try:
                yield Server(services, runner)
            finally:
                runner.run(services.__aexit__())


@contextmanager
def prepared_search(ground: Ground) -> Iterator[SearchGround]:
    """With an embedder that runs until the block ends."""
    ports = {name: free_port() for name in ("mcp", "issuer", "embedder")}
    settings = Settings.from_environ(
        application_settings(ground.state, ground.urls, ports) | {"POOL_MIN_SIZE": "1", "POOL_MAX_SIZE": "1"}
    )
    with ExitStack() as parts:
        _wait_for(start_embedder(ground.state, ports["embedder"], parts), ports["embedder"])
        asyncio.run(_embed_products(settings))
        yield SearchGround(ground, settings)


def _wait_for(embedder: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not listens(port):
        if embedder.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError("the embedder did not start")
        time.sleep(0.02)


async def _embed_products(settings: Settings) -> None:
    with RowsBar() as bar:
        progress = await refresh_as_set(
            settings, TO_THE_END, lambda done, total: bar.show("embedding products", done, total)
        )
    if progress.waiting or progress.refused:
        raise RuntimeError(f"not all products are embedded: {progress}")
