"""Bytes in Redis, for all instances: soon or not at all, and nothing that goes wrong there is anybody's failure."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any

from interlock import CircuitOpenError

from shared.breaker import open_after
from shared.components import Component, Components
from shared.last_good import Clock
from shared.settings import Settings
from shared.vault import Vault

if TYPE_CHECKING:
    from redis.asyncio import Redis

PATIENCE_SECONDS = 0.015
"""How long a call waits. What it asked for goes on, so that a connection that is being made is there for the next."""
WORK_SECONDS = 1.0
"""How long what nobody waits for goes on."""
MOST_AT_ONCE = 32
"""Reads and writes under way; what comes then is left out."""
FAILURES = 5
"""In a row, and Redis is left alone."""
OPEN_SECONDS = 10.0
"""Then one read or write tries whether it is back."""
SETTLE_SECONDS = 3 * OPEN_SECONDS
"""It counts as up when it had no failure for so long: a full Redis, which still reads, is told once."""

type OpenClient = Callable[[AsyncExitStack], "Redis"]


class RedisStore:
    """Of one event loop. Before begin() has loaded the client nothing is found and nothing put.

    open_client: is called in a thread, for it loads the library.
    """

    def __init__(
        self,
        open_client: OpenClient,
        *,
        patience: float = PATIENCE_SECONDS,
        component: Component | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._open_client = open_client
        self._patience = patience
        self._component = component or Component("redis")
        self._stack = AsyncExitStack()
        self._client: Redis | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._breaker = open_after(FAILURES, name="redis", open_seconds=OPEN_SECONDS, clock=clock)

    def begin(self) -> asyncio.Task[None]:
        """Load the client and connect, meanwhile."""
        return self._start(self._begun())

    async def get(self, name: str, max_bytes: int) -> bytes | None:
        """What is there, of no more than so many bytes; None where it is not to be had at once."""
        if (client := self._client) is None:
            return None
        # A range, for who can write there could leave any number of bytes.
        found = await self._done(lambda: client.getrange(name, 0, max_bytes))
        return found if isinstance(found, bytes) and 0 < len(found) <= max_bytes else None

    def put(self, name: str, value: bytes, seconds: float) -> None:
        """Leave it there for others, for so long. It is not waited for."""
        if (client := self._client) is not None:
            self._start(self._done(lambda: client.set(name, value, px=max(1, int(seconds * 1000)))))

    def distrust(self) -> None:
        """Something was there that none of us left."""
        self._component.down("ForeignValue")

    async def close(self) -> None:
        """Ends what is under way."""
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._stack.aclose()

    async def _begun(self) -> None:
        client = await asyncio.to_thread(self._open_client, self._stack)
        self._client = client
        await self._done(client.ping)

    async def _done(self, ask: Callable[[], Any]) -> object | None:
        """What Redis answers, None where it does not or is left alone."""
        if len(self._under_way) >= MOST_AT_ONCE:
            return None
        try:
            answer: object = await self._breaker.call_async(self._soon, ask)
        except CircuitOpenError:
            return None
        except Exception as error:  # noqa: BLE001
            self._component.down(type(error).__name__)
            return None
        self._component.up()
        return answer

    async def _soon(self, ask: Callable[[], Any]) -> object:
        """Raises TimeoutError where it takes too long, and what the client raises."""
        working = self._start(_within(WORK_SECONDS, ask))
        await asyncio.wait({working}, timeout=self._patience)
        if not working.done():
            raise TimeoutError
        return working.result()

    def _start[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # seen: the breaker counted it as late


async def _within(seconds: float, ask: Callable[[], Any]) -> object:
    async with asyncio.timeout(seconds):
        answer: object = await ask()
    return answer


def open_redis_store(settings: Settings, vault: Vault, components: Components) -> RedisStore | None:
    """None where no Redis is set."""
    if (url := settings.redis_url) is None:
        return None

    def open_client(stack: AsyncExitStack) -> "Redis":
        client: Redis = import_module("shared.caches.redis_client").open_client(
            url, vault, settings.azure_client_id, stack, WORK_SECONDS
        )
        return client

    return RedisStore(open_client, component=components.component("redis", settle=SETTLE_SECONDS))
