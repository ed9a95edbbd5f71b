"""Instances of the server over one database, each with its own tasks, called in memory by clients that know tasks."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from shared.identity.caller import Caller, current_caller
from shared.mcp_server import build_server
from shared.protocol.mistakes import ZavaServer
from shared.services import Services
from shared.tasks import open_tasks
from shared.tools.access import STATEMENT_SECONDS
from tests.conftest import KEY, Database, caller_of, settings_for
from tests.tasks.following import KnowsTasks

type StartInstance = Callable[..., Awaitable["Instance"]]


class Instance:
    """One process of the server, but for the process."""

    def __init__(self, server: ZavaServer, services: Services, stack: AsyncExitStack) -> None:
        self.server = server
        self.services = services
        self._stack = stack

    def client(self, who: str | Caller, *, knows_tasks: bool = True) -> AbstractAsyncContextManager[Client]:
        return _client(self.server, who, knows_tasks)

    async def end(self) -> None:
        """What it worked on is left to others at once."""
        await self._stack.aclose()


@asynccontextmanager
async def _client(server: ZavaServer, who: str | Caller, knows_tasks: bool) -> AsyncIterator[Client]:
    token = current_caller.set(caller_of(who) if isinstance(who, str) else who)
    try:
        async with Client(server, extensions=[KnowsTasks()] if knows_tasks else []) as client:
            yield client
    finally:
        current_caller.reset(token)


@pytest.fixture(scope="module")
def kept(make_database: Callable[[], Database]) -> Database:
    """The sample data, for tests that leave tasks and nothing else."""
    return make_database()


@pytest.fixture
async def start_instance(open_folder: Path) -> AsyncIterator[StartInstance]:
    secrets_file = open_folder / "secrets-of-tasks.json"
    secrets_file.write_text(json.dumps({KEY.name: [{"version": KEY.version, "value": KEY.value}]}))
    secrets_file.chmod(0o600)
    async with AsyncExitStack() as instances:

        async def start(
            database: Database,
            *,
            call_seconds: float = STATEMENT_SECONDS,
            extend: Callable[[ZavaServer], None] = lambda _: None,
            **changes: Any,
        ) -> Instance:
            local = replace(settings_for(database.app_url, pool_size=16), pool_min_size=1)  # most tests call once
            settings = replace(local, **{"secrets_file": str(secrets_file), "task_grace_seconds": 0, **changes})
            stack = await instances.enter_async_context(AsyncExitStack())
            services = await stack.enter_async_context(Services(settings))
            tasks = open_tasks(services, call_seconds=call_seconds)
            server = build_server(services.invocations, services.query_embeddings, tasks)
            extend(server)
            await stack.enter_async_context(tasks.serving(server))
            return Instance(server, services, stack)

        yield start


@pytest.fixture
async def instance(start_instance: StartInstance, kept: Database) -> Instance:
    """With no grace: every call of a client that knows tasks becomes one."""
    with kept.as_superuser() as superuser:
        superuser.execute("TRUNCATE ops.tasks")
    return await start_instance(kept)
