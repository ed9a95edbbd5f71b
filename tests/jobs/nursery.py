"""Refreshes that can be killed: each line on stdin forks one, whose process id is printed.

A fork begins with everything loaded, so that fifty of them take seconds.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from shared.jobs.refresh_embeddings import refresh_embeddings
from tests.embedder.openai_service import MODELS
from tests.jobs.conftest import TO_THE_END, store_and_embedder

LEASE = timedelta(seconds=3)
BATCH = 8


async def _refresh(jobs_url: str, base_url: str) -> None:
    async with store_and_embedder(jobs_url, base_url, MODELS[0], LEASE) as (store, embedder):
        await refresh_embeddings(store, embedder, TO_THE_END, batch=BATCH)


def main(jobs_url: str, base_url: str) -> None:
    """Until stdin ends."""
    import openai  # noqa: F401  # which otherwise each of them would load

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for _ in sys.stdin:
        if (child := os.fork()) == 0:
            asyncio.run(_refresh(jobs_url, base_url))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
