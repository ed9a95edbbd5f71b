"""A database that has the allowances and nothing else that matters."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from shared.database.pool import open_jobs_pool
from shared.last_good import Clock
from shared.limits.allowance_store import AllowanceStore
from shared.limits.allowances import Allowances
from tests.conftest import Database, MakeDatabase, settings_for

type OpenAllowances = Callable[..., AbstractAsyncContextManager[Allowances]]


@pytest.fixture(scope="session")
def kept(make_database: MakeDatabase) -> Database:
    return make_database()


@asynccontextmanager
async def opened(
    jobs_url: str, rate: float, burst: float, *, patience: float = 30.0, clock: Clock = time.monotonic
) -> AsyncIterator[Allowances]:
    """The allowances as one instance gives them out, which a busy machine does not take for an outage."""
    settings = replace(settings_for(jobs_url), jobs_database_url=jobs_url)
    async with open_jobs_pool(settings) as pool:
        await pool.wait()
        allowances = Allowances(AllowanceStore(pool, rate, burst), rate, burst, patience=patience, clock=clock)
        yield allowances
        await allowances.close()
