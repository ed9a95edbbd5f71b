"""How much of the database each principal may use: an allowance that all instances share.

A statement costs one unit, or as many as the times SECONDS_A_UNIT that it took. An instance spends units that it has
leased and asks for more behind the calls, for all its principals in one statement; so a call waits for nothing.
What it leases is half a second of what it has just spent, and lapses after a few seconds; who calls seldom is served on
credit and leases nothing. So instances together never give more than burst + rate × time + each one's lease and credit.
"""

import asyncio
import math
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cachetools import LRUCache

from shared.components import Component
from shared.errors import RateLimited, Unavailable
from shared.last_good import Clock
from shared.limits.allowance_store import AllowanceStore, Grant, Request
from shared.limits.buckets import MOST, Buckets

SECONDS_A_UNIT = 0.025
"""Of the database's time. Four at work all the time, as many as an instance lets a principal have, are 160 a second."""
LEASE_SECONDS = 0.5
"""Of spending, in one lease."""
LAPSE_SECONDS = 5.0
"""After which units that were leased and not spent are nobody's."""
CREDIT_SECONDS = 0.05
"""Of the rate: what an instance gives out before it has asked."""
ANSWER_SECONDS = 0.5
"""How long the shared allowances may take to answer, before an instance goes on by itself."""
PAUSE_SECONDS = 2.0
"""Between two tries while they do not."""
SHORT_SECONDS = 0.05
"""Between two draws for a principal whose allowance is used up."""
FORGET_SECONDS = 60.0
MOST_AT_ONCE = 200
"""Principals in a statement."""


@dataclass(slots=True, kw_only=True)
class _Lease:
    """What this instance may give out to one principal."""

    drawn_at: float
    units: float = 0.0
    """Below zero what was given on credit, or cost more than a unit."""
    size: float = 0.0
    """What was granted last."""
    spent: float = 0.0
    """Since then."""
    ask_again_at: float = 0.0
    """When there may be some again, where the shared allowance was used up; then there is no credit."""


class Allowances:
    """The allowances of all principals, as one instance gives them out. It belongs to one event loop."""

    def __init__(
        self,
        store: AllowanceStore,
        rate: float,
        burst: float,
        component: Component | None = None,
        *,
        patience: float = ANSWER_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        """rate, burst: units a second of one principal, and units at once. component: down while limits are its own.
        patience: seconds after which the shared limits count as down.
        """
        self._store = store
        self._component = component or Component("limits")
        self._rate = rate
        self._patience = patience
        self._clock = clock
        self._credit = max(1.0, rate * CREDIT_SECONDS)
        self._leases: LRUCache[UUID, _Lease] = LRUCache(MOST)
        self._own = Buckets(rate, burst, clock=clock)
        self._asked: dict[UUID, asyncio.Future[None]] = {}
        self._drawing: asyncio.Task[None] | None = None
        self._drawn: asyncio.Task[dict[UUID, Grant]] | None = None
        self._alone_until = 0.0
        self._forgetting: asyncio.Task[None] | None = None
        self._forget_at = clock() + FORGET_SECONDS

    async def spend(self, principal_id: UUID) -> None:
        """One unit, before a statement; raises RateLimited where the principal has none left."""
        while not self._can_pay(lease := self._lease(principal_id)):
            if (wait := lease.ask_again_at - self._clock()) > 0:
                raise _used_up(wait)
            await asyncio.shield(self._ask(principal_id))
        self._take(principal_id, lease, 1)

    def charge(self, principal_id: UUID, seconds: float) -> None:
        """What a statement took beyond its one unit, behind it. A debt is worked off before the next one begins."""
        if (units := seconds / SECONDS_A_UNIT - 1) > 0:
            self._take(principal_id, self._lease(principal_id), units)

    async def close(self) -> None:
        """Ends what is under way. What was leased lapses."""
        under_way = [task for task in (self._drawing, self._drawn, self._forgetting) if task is not None]
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)

    def _can_pay(self, lease: _Lease) -> bool:
        return lease.units - 1 >= (0.0 if lease.ask_again_at else -self._credit)

    def _lease(self, principal_id: UUID) -> _Lease:
        now = self._clock()
        lease = self._leases.get(principal_id)
        if lease is None:
            lease = self._leases[principal_id] = _Lease(drawn_at=now)
        elif now - lease.drawn_at > LAPSE_SECONDS:
            lease.units = min(lease.units, 0.0)
        return lease

    def _take(self, principal_id: UUID, lease: _Lease, units: float) -> None:
        lease.units -= units
        lease.spent += units
        if lease.units < (lease.size - self._credit) / 2 and lease.ask_again_at <= self._clock():
            self._ask(principal_id)

    def _ask(self, principal_id: UUID) -> asyncio.Future[None]:
        """Draw for the principal behind the calls; done once there is an answer."""
        if (asked := self._asked.get(principal_id)) is None:
            asked = self._asked[principal_id] = asyncio.get_running_loop().create_future()
        if self._drawing is None or self._drawing.done():
            self._drawing = asyncio.create_task(self._draw_all())
        return asked

    async def _draw_all(self) -> None:
        """One statement after the other, so that principals gather while one is under way."""
        while self._asked:
            asked = {name: self._asked.pop(name) for name in list(self._asked)[:MOST_AT_ONCE]}
            requests = [self._request(principal_id) for principal_id in asked]
            try:
                grants = await self._granted(requests)
                for request in requests:
                    self._take_in(request, grants[request.principal_id])
            finally:
                for answered in asked.values():
                    answered.set_result(None)
            self._forget()

    def _request(self, principal_id: UUID) -> Request:
        lease = self._lease(principal_id)
        rate = min(lease.spent / max(self._clock() - lease.drawn_at, LEASE_SECONDS / 2), self._rate)
        return Request(principal_id, max(0.0, -lease.units), float(math.floor(rate * LEASE_SECONDS)))

    def _take_in(self, request: Request, grant: Grant) -> None:
        lease, now = self._lease(request.principal_id), self._clock()
        lease.units += request.owed + grant.units
        lease.size, lease.spent, lease.drawn_at = grant.units, 0.0, now
        short = grant.left < 0 or grant.units < request.wanted
        lease.ask_again_at = now + max(SHORT_SECONDS, (1 - grant.left) / self._rate) if short else 0.0

    async def _granted(self, requests: list[Request]) -> dict[UUID, Grant]:
        """By the shared allowances, or by this instance's own where they do not answer."""
        if self._clock() >= self._alone_until and (grants := await self._shared(requests)):
            return grants
        return {
            request.principal_id: Grant(*self._own.draw(request.principal_id, owed=request.owed, wanted=request.wanted))
            for request in requests
        }

    async def _shared(self, requests: list[Request]) -> dict[UUID, Grant] | None:
        """None where there is no answer in time."""
        reason = "TimeOut"
        if self._drawn is None or self._drawn.done():
            self._drawn = _looked_at(self._store.draw(requests))
            try:
                if await _ends_within(self._patience, self._drawn):
                    grants = self._drawn.result()
                    self._component.up()
                    self._alone_until = 0.0
                    return grants
            except Unavailable:
                reason = "Unavailable"
        # A late one goes on: to cancel it would wait for the server that does not answer.
        self._component.down(reason)
        self._alone_until = self._clock() + PAUSE_SECONDS
        return None

    def _forget(self) -> None:
        """Now and then, behind what is drawn."""
        if self._clock() >= self._forget_at and not self._alone_until:
            self._forget_at = self._clock() + FORGET_SECONDS
            self._forgetting = _looked_at(self._store.forget())


async def _ends_within(seconds: float, task: asyncio.Task[Any]) -> bool:
    done, _ = await asyncio.wait({task}, timeout=seconds)
    return bool(done)


def _looked_at[T](work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that may fail when nobody waits for it any more: what is wrong, the next draw says."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return task


def _used_up(seconds: float) -> RateLimited:
    return RateLimited(
        "You have used up what you may ask of the database for now.",
        "Wait, then call again; one query that aggregates costs less than many.",
        retry_after=max(1, math.ceil(seconds)),
    )
