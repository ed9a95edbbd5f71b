"""The audit trail of one process: a record is in the spool before its answer leaves, and in the database soon after."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import psycopg
from psycopg_pool import AsyncConnectionPool

from shared.audit.chain import Head
from shared.audit.entry import Instance, NameOf
from shared.audit.spool import Segment, Spool
from shared.audit.strangers import Strangers
from shared.components import Components
from shared.database.connection import Connection
from shared.database.queries import named_queries
from shared.errors import Unavailable
from shared.telemetry.call_record import CallRecord

log = logging.getLogger(__name__)

SHIP_SECONDS = 0.2
"""How long records gather before they are sent."""
MOST_BETWEEN_SECONDS = 5.0
"""While the database is down: between two attempts."""
SWEEP_SECONDS = 30.0
"""Between two looks for what dead processes left."""
LAST_SECONDS = 1.0
"""For what is left when the process ends; what is not sent then, the next process sends."""
CONNECT_SECONDS = 5.0
BATCH = 500
HEAD_SECONDS = 600.0
"""How often the log gets the chain's head."""


class AuditTrail:
    """Keeps records of calls; see Journal."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        spool: Spool,
        name_of: NameOf,
        components: Components,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """pool: of the jobs' login. components: among which the trail is two, writing down and sending."""
        self._pool = pool
        self._spool = spool
        self._strangers = Strangers(clock)
        self._instance = Instance(name_of)
        self.number = 0
        """Of the last record that was written."""
        self._due = asyncio.Event()
        self._delay = SHIP_SECONDS
        self._writing = components.component("audit_spool")
        self._sending = components.component("audit")
        self._head_told_at = -HEAD_SECONDS

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Send records in the background, and what dead processes left."""
        shipping = asyncio.create_task(self._ship_for_good(), name="audit trail")
        try:
            yield
        finally:
            shipping.cancel()
            await asyncio.wait({shipping})
            self._write_counted(at_once=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self._ship()
            self._spool.close()

    def reserve(self) -> None:
        """See Journal."""
        try:
            self._spool.reserve()
        except OSError as error:
            raise self._refusal(error) from error

    def keep(self, record: CallRecord) -> None:
        """See Journal."""
        self._spool.release()
        if record.caller is None and not self._strangers.has_row(record.outcome):
            return
        try:
            self._write(record)
        except OSError as error:
            raise self._refusal(error) from error
        self._writing.up()

    def _write(self, record: CallRecord, calls: int = 1) -> None:
        self._spool.write(self._instance.entry(record, self.number + 1, calls))
        self.number += 1
        self._due.set()

    def _write_counted(self, *, at_once: bool = False) -> None:
        for outcome, calls in self._strangers.counted(at_once=at_once).items():
            try:
                self._write(CallRecord(began_at=datetime.now(UTC), outcome=outcome), calls)
            except OSError as error:
                log.error("%d requests without an identity (%s) are not in the audit trail: %s", calls, outcome, error)

    def _refusal(self, error: OSError) -> Unavailable:
        self._writing.down(error.strerror or type(error).__name__)
        return Unavailable("Calls cannot be recorded, so none is answered.", "Try again shortly.", retry_after=10)

    async def _ship_for_good(self) -> None:
        sweep_at = 0.0
        while True:
            try:
                left = time.monotonic() >= sweep_at and self._spool.adopt()
                if time.monotonic() >= sweep_at:
                    sweep_at = time.monotonic() + SWEEP_SECONDS
                self._write_counted()
                arrived = await self._ship()
                if left and arrived:
                    sweep_at = 0.0
                    self._due.set()
            except Exception:
                log.exception("the audit trail is not sent")
                arrived = False
            self._delay = SHIP_SECONDS if arrived else min(2 * self._delay, MOST_BETWEEN_SECONDS)
            if arrived:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), SWEEP_SECONDS)
            await asyncio.sleep(self._delay)

    async def _ship(self) -> bool:
        """Whether all that was there has arrived."""
        self._due.clear()
        arrived = True
        for segment in self._spool.to_ship():
            try:
                await self._ship_segment(segment)
            except psycopg.Error as error:  # PoolTimeout is one
                self._sending.down(type(error).__name__)
                arrived = False
                if isinstance(error, psycopg.OperationalError):
                    break
            else:
                self._spool.shipped(segment)
                self._sending.up()
        if self._spool.has_more:
            self._due.set()
        return arrived

    async def _ship_segment(self, segment: Segment) -> None:
        while records := segment.unread(BATCH):
            self._tell(await self._append(records))
            segment.done_with(records)

    async def _append(self, records: Sequence[bytes]) -> Head:
        batch = f"[{b','.join(records).decode()}]"
        async with self._pool.connection(timeout=CONNECT_SECONDS) as connection:
            cursor = await connection.execute(named_queries("audit")["append"], (batch,))
            [row] = await cursor.fetchall()
        return Head(*row)

    def _tell(self, head: Head) -> None:
        """So that it is also kept elsewhere: a log does not go where the database's owner can reach it."""
        if time.monotonic() - self._head_told_at >= HEAD_SECONDS:
            self._head_told_at = time.monotonic()
            log.info("the head of the audit trail is %s", head)
