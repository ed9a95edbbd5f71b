"""Embeds what waits for it before the ready line, so that the first search already goes by meaning."""

import time
from collections.abc import Callable
from subprocess import Popen

import psycopg

from local.child import has_ended
from local.progress import RowsBar

SECONDS = 120.0
"""Of a whole catalogue; what is then left is for the timer."""

_WAITING = "SELECT count(*) FROM ops.embedding_queue WHERE refused_by IS NULL"


def embed_products(superuser_url: str, refresh: "Callable[[], Popen[bytes]]") -> bool:
    """Whether nothing waits any more. refresh: starts `python -m shared refresh-embeddings`, where there is need."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:

        def waiting() -> int:
            [[count]] = connection.execute(_WAITING)
            return int(count)

        if (total := waiting()) == 0:
            return True
        deadline = time.monotonic() + SECONDS
        child = refresh()
        with RowsBar() as bar:
            while not has_ended(child) and time.monotonic() < deadline:
                bar.show("embedding products", total - min(total, waiting()), total)
                time.sleep(0.1)
        return waiting() == 0
