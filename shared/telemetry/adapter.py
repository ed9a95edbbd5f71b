"""The adapter to Application Insights: items in at once, batches out in the background, bounded throughout.

The SDK's sender puts what failed back and tries again at once, 13,000 times a second. Here a failure is waited out,
twice as long each time; what finds no room meanwhile is dropped, counted, and the count is sent.
"""

import asyncio
import json
import logging
import random
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.components import Change, Component, Components
from shared.connection_string import Ingestion, identity_of, ingestion_of
from shared.loopback import on_this_machine
from shared.retry_after import retry_after
from shared.settings import Settings
from shared.telemetry.items import Event, Item, encoded
from shared.telemetry.login import NoToken, TelemetryLogin
from shared.telemetry.metric_sums import MetricSums
from shared.telemetry.pseudonyms import Pseudonyms
from shared.vault import Vault

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

MOST_WAITING = 5000
"""Items, of about a kilobyte."""
MOST_AT_ONCE = 200
CLOSE_SECONDS = 0.8
MAX_ANSWER_BYTES = 64 * 1024
TRY_AGAIN = frozenset({408, 429, 439, 500, 502, 503, 504})
ROLE_NOT_YET = frozenset({401, 403})
"""Of a token that is good: the assignment of its role takes minutes to arrive."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Of the sending. All in seconds."""

    gather: float = 1.0
    """How long items are collected before they are sent."""
    metrics: float = 60.0
    """How often sums are sent."""
    send: float = 5.0
    """The longest that sending one batch may take."""
    shortest_wait: float = 1.0
    """Behind a first failure."""
    longest_wait: float = 120.0


PACE = Pace()


class _NotTaken(Exception):
    """The batch was not taken. kind: why, in a word. wait: for how long the endpoint asked. again: it may be later."""

    def __init__(self, kind: str, *, wait: float | None = None, again: bool = True) -> None:
        super().__init__(kind)
        self.kind = kind
        self.wait = wait
        self.again = again


class Telemetry:
    """Of one event loop. Without an ingestion everything that is given is forgotten. login: whose token goes along."""

    def __init__(
        self,
        ingestion: Ingestion | None,
        pseudonyms: Pseudonyms,
        components: Components,
        *,
        login: TelemetryLogin | None = None,
        pace: Pace = PACE,
    ) -> None:
        self._ingestion = ingestion
        self._pseudonyms = pseudonyms
        self._login = login
        self._pace = pace
        self._waiting: deque[Item] = deque()
        self._sums = MetricSums()
        self._arrived = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._component: Component | None = None
        self._client: httpx2.AsyncClient | None = None
        self._failures = 0
        self.sent = 0
        self.dropped = 0
        if ingestion is not None:
            self._component = components.component("telemetry")
            components.tell(self._change)

    def begin(self) -> None:
        """Send from now on; the SDK is loaded meanwhile, in a thread."""
        if self._ingestion is not None:
            self._sending = asyncio.create_task(self._run(self._ingestion), name="telemetry")

    def give(self, item: Item) -> None:
        """Takes it, or drops it where too many wait. It returns at once."""
        if self._ingestion is None:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._drop(1)
            return
        self._waiting.append(item)
        self._arrived.set()

    def add(self, metric: str, value: float, properties: Mapping[str, str]) -> None:
        """One more value of a metric. Sums are kept, not values."""
        if self._ingestion is not None:
            self._sums.add(metric, value, properties)

    @property
    def on(self) -> bool:
        """Whether anybody is told anything."""
        return self._ingestion is not None

    def report(self) -> dict[str, object]:
        """As JSON."""
        return {"on": self.on, "waiting": len(self._waiting), "sent": self.sent, "dropped": self.dropped}

    async def close(self) -> None:
        """Sends what waits, within CLOSE_SECONDS or not at all."""
        if self._ingestion is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._sending is not None:
                    self._sending.cancel()
                    await asyncio.wait({self._sending})
                self._failures = 0
                self._give_sums()
                with suppress(_NotTaken):
                    while self._waiting:
                        await self._send_some(self._ingestion)
        if self._client is not None:
            await self._client.aclose()
        if self._login is not None:
            await self._login.close()

    async def _run(self, ingestion: Ingestion) -> None:
        loop = asyncio.get_running_loop()
        sums_at = loop.time() + self._pace.metrics
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), max(0.0, sums_at - loop.time()))
            await asyncio.sleep(self._pace.gather)
            if loop.time() >= sums_at:
                sums_at = loop.time() + self._pace.metrics
                self._give_sums()
            await self._send_all(ingestion)

    async def _send_all(self, ingestion: Ingestion) -> None:
        """Until none wait, or until one batch is not taken and the wait behind that is over."""
        self._arrived.clear()
        try:
            while self._waiting:
                await self._send_some(ingestion)
        except _NotTaken as failure:
            if self._component is not None:
                self._component.down(failure.kind)
            await asyncio.sleep(self._wait(failure))
            if self._waiting:
                self._arrived.set()
        else:
            self._failures = 0

    async def _send_some(self, ingestion: Ingestion) -> None:
        """The oldest items, in one body or two; they wait on where they may be taken later. Raises _NotTaken."""
        client = await self._open(ingestion)
        items = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
        done = 0
        try:
            names = await self._pseudonyms.of({item.principal_id for item in items if item.principal_id is not None})
            for body, count in await asyncio.to_thread(lambda: list(encoded(items, ingestion, names))):
                taken = await self._send(client, ingestion.url, body, count)
                done += count
                self.sent += taken
                self._drop(count - taken)
        except _NotTaken as failure:
            if not failure.again:
                self._drop(len(items) - done)
                done = len(items)
            raise
        except Exception as error:  # an item that cannot be told ends no telemetry
            self._drop(len(items) - done)
            done = len(items)
            raise _NotTaken(type(error).__name__) from error
        finally:  # also where this is cancelled
            self._put_back(items[done:])
        if self._component is not None:
            self._component.up()

    async def _open(self, ingestion: Ingestion) -> "httpx2.AsyncClient":
        if self._client is None:
            self._client = await asyncio.to_thread(_client, ingestion)
        return self._client

    async def _send(self, client: "httpx2.AsyncClient", url: str, body: bytes, count: int) -> int:
        """How many of the items were taken."""
        import httpx2

        headers = {"content-type": "application/json; charset=utf-8", "accept-encoding": "identity"}
        later = TRY_AGAIN if self._login is None else TRY_AGAIN | ROLE_NOT_YET
        try:
            async with asyncio.timeout(self._pace.send):
                if self._login is not None:
                    headers["authorization"] = f"Bearer {await self._login.token()}"
                async with client.stream("POST", url, content=body, headers=headers) as response:
                    status = response.status_code
                    if status not in (200, 206):
                        raise _NotTaken(f"HTTP_{status}", wait=retry_after(response.headers), again=status in later)
                    return min(_accepted(await _answer(response)), count)
        except NoToken:
            raise _NotTaken("NoToken") from None
        except TimeoutError:
            raise _NotTaken("Timeout") from None
        except httpx2.HTTPError as error:
            raise _NotTaken(type(error).__name__) from None

    def _put_back(self, items: list[Item]) -> None:
        room = max(0, MOST_WAITING - len(self._waiting))
        self._drop(len(items) - len(items[:room]))
        self._waiting.extendleft(reversed(items[:room]))

    def _wait(self, failure: _NotTaken) -> float:
        pace, self._failures = self._pace, self._failures + 1
        wait = failure.wait or pace.shortest_wait * 2 ** min(self._failures - 1, 20)
        return min(wait, pace.longest_wait) * random.uniform(0.75, 1)  # noqa: S311  # so that instances spread

    def _give_sums(self) -> None:
        if self._failures:  # nobody takes them: they go on being summed
            return
        for metric in self._sums.taken():
            self.give(metric)

    def _drop(self, count: int) -> None:
        if count:
            self.dropped += count
            self._sums.add("zava.telemetry.dropped", count, {})

    def _change(self, change: Change) -> None:
        properties = {"component": change.component, "state": change.state, "error": change.error or ""}
        self.give(Event(name="zava.component", at=change.at, properties=properties))


def open_telemetry(settings: Settings, vault: Vault, components: Components) -> Telemetry:
    """To where the settings say; off without a connection string."""
    told, login = settings.applicationinsights_connection_string, settings.applicationinsights_authentication_string
    return Telemetry(
        ingestion_of(told, with_token=bool(login)) if told else None,
        Pseudonyms(vault),
        components,
        login=TelemetryLogin(identity_of(login)) if login else None,
    )


def _client(ingestion: Ingestion) -> "httpx2.AsyncClient":
    """In a thread: this and the SDK take a third of a second to load."""
    import applicationinsights.channel  # type: ignore[import-untyped]  # noqa: F401  # for encoded()
    import httpx2

    # A redirect would carry items who knows where.
    return httpx2.AsyncClient(follow_redirects=False, trust_env=not on_this_machine(ingestion.url))


async def _answer(response: "httpx2.Response") -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _NotTaken("AnswerTooLong", again=False)
    return bytes(body)


def _accepted(answer: bytes) -> int:
    """`itemsAccepted`; raises _NotTaken where something else answered."""
    try:
        accepted = json.loads(answer)["itemsAccepted"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _NotTaken("NoAnswerOfIngestion", again=False) from None
    if not isinstance(accepted, int) or accepted < 0:
        raise _NotTaken("NoAnswerOfIngestion", again=False)
    return accepted
