"""A connection to the database whose pipelines end with their Sync, so that a transaction pooler may take it back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncPipeline
from psycopg.abc import PQGen


class Connection(AsyncConnection[tuple[Any, ...]]):
    """psycopg's, but for the end of a pipeline."""

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[AsyncPipeline]:
        """As psycopg's."""
        if self._pipeline is None:
            self._pipeline = _Pipeline(self)
        try:
            async with super().pipeline() as pipeline:
                yield pipeline
        finally:
            if self._pipeline is not None and self._pipeline.level == 0:
                self._pipeline = None


class _Pipeline(AsyncPipeline):
    """psycopg 3.3 sends a Flush behind the last Sync, which has flushed everything already. PgBouncer takes it for the
    beginning of a transaction and keeps a server for it, which nobody else gets until the same client calls again."""

    def _exit_gen(self) -> PQGen[None]:
        try:
            self._enqueue_sync()
            yield from self._communicate_gen()
        finally:
            yield from self._fetch_gen(flush=False)
