"""The gate before the data: no row leaves without a proof, in this process, that tenants are isolated."""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg
from psycopg_pool import AsyncConnectionPool

from shared.components import Component
from shared.database.connection import Connection
from shared.domain import Domain
from shared.errors import Unavailable, UnknownSigningKey, ZavaError
from shared.isolation.attestation import Attestation, Finding, attest
from shared.keys.signing import signing_keys
from shared.last_good import Clock, Freshness, LastGood
from shared.retail import RETAIL
from shared.vault import Secret, Vault

log = logging.getLogger(__name__)

FRESHNESS = Freshness(fresh_for=600, usable_for=1800, retry_gap=5)
"""Proven again in the background after ten minutes; an instance that slept half an hour proves before it answers."""
CONNECT_SECONDS = 2.5
"""For a connection, twice: the first that the pool gives may be a dead one."""
CHECK_SECONDS = 5.0
PROOF_SECONDS = 20.0


class Isolation:
    """Keeps the last attestation. One is under way at a time, and an ordinary call costs no round trip more."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Connection],
        vault: Vault,
        *,
        freshness: Freshness = FRESHNESS,
        clock: Clock = time.monotonic,
        component: Component | None = None,
        domain: Domain = RETAIL,
    ) -> None:
        self._pool = pool
        self._domain = domain
        self._vault = vault
        self._component = component or Component("isolation")
        self._attestations = LastGood(self._attest, freshness, name="the proof of isolation", clock=clock)
        self._reported: tuple[Finding, ...] | None = None
        self.last: Attestation | None = None
        """The last one there was, however long ago."""
        self._beginning: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Prove it meanwhile, so that the first call need not wait. A database that is down delays nobody."""
        self._beginning = asyncio.create_task(self._begun())

    async def ensure(self) -> None:
        """Returns where isolation is proven; raises Unavailable where the proof fails or nobody can say."""
        if not (await self.attestation()).holds:
            raise Unavailable(
                "The server cannot prove that tenants are isolated.",
                "Tell an administrator, who can call prove_isolation; try again later.",
                retry_after=15,
            )

    async def attestation(self) -> Attestation:
        """The last one; where it failed, one of now, so that a repair is seen at once. Raises Unavailable."""
        kept = await self._attestations.value()
        return kept if kept.holds else await self.renewed()

    async def renewed(self) -> Attestation:
        """One of now, or of a few seconds ago; raises Unavailable."""
        return await self._attestations.renewed()

    async def close(self) -> None:
        """Ends what is under way."""
        await self._attestations.close()
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait({self._beginning})

    async def _begun(self) -> None:
        with suppress(ZavaError):  # LastGood has logged it
            await self._attestations.value()

    async def _attest(self) -> Attestation:
        try:
            attestation = await self._attest_with(await signing_keys(self._vault.versions, time.time()))
        except UnknownSigningKey:  # this instance may have slept through a rotation
            attestation = await self._attest_with(await signing_keys(self._vault.renewed, time.time()))
        self._report(attestation)
        return attestation

    async def _attest_with(self, keys: Sequence[Secret]) -> Attestation:
        try:
            try:
                return await self._attest_over_a_connection(keys)
            except psycopg.OperationalError:
                await asyncio.wait_for(self._pool.check(), CHECK_SECONDS)  # what ended one may have ended them all
                return await self._attest_over_a_connection(keys)
        except (psycopg.Error, TimeoutError) as error:
            raise Unavailable("The database does not answer.", "Try again shortly.", retry_after=5) from error

    async def _attest_over_a_connection(self, keys: Sequence[Secret]) -> Attestation:
        """Raises PoolTimeout, which is a psycopg.OperationalError, where there is none to be had."""
        async with asyncio.timeout(PROOF_SECONDS), self._pool.connection(timeout=CONNECT_SECONDS) as connection:
            try:
                return await attest(connection, keys, self._domain)
            except BaseException:
                await connection.close()  # in the middle of it
                raise

    def _report(self, attestation: Attestation) -> None:
        """In the log where it is news: a failing proof is repeated every few seconds."""
        self.last = attestation
        if attestation.holds:
            self._component.up()
        else:
            self._component.down(attestation.findings[0].check)
        if attestation.findings == self._reported:
            return
        self._reported = attestation.findings
        if attestation.holds:
            log.info("isolation is proven in %.0f ms", attestation.seconds * 1000)
        for finding in attestation.findings:
            log.error("isolation is not proven: %s: %s", finding.check, finding)
