"""A stand-in of the ingestion endpoint on a socket, and telemetry that sends to it at a test's pace."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from local.asgi_server import serving
from local.ingestion_endpoint import IngestionEndpoint
from local.tokens import new_key
from shared.components import Components
from shared.connection_string import ingestion_of
from shared.telemetry.adapter import Pace, Telemetry
from shared.telemetry.pseudonyms import Pseudonyms
from shared.vault import Vault
from tests.application import issued_settings, opened
from tests.conftest import CURSOR_KEY, Database, KeptSecrets
from tests.identity.running_issuer import RunningIssuer

QUICK = Pace(gather=0.01, metrics=0.1, send=0.3, shortest_wait=0.05, longest_wait=0.2)

type Serve = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    issuer = RunningIssuer([new_key()])
    with serving(issuer) as issuer.authority:
        yield issuer


@pytest.fixture
def serve(sample: Database, issuer: RunningIssuer, endpoint: IngestionEndpoint, tmp_path: Path) -> Serve:
    """The application whose telemetry goes to the endpoint, all of it when it is left."""

    def served(database: Database = sample, **changes: Any) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
        told = {"applicationinsights_connection_string": endpoint.connection_string}
        return opened(issued_settings(database, issuer, tmp_path, **(told | changes)), issuer)

    return served


@pytest.fixture
def endpoint() -> Iterator[IngestionEndpoint]:
    endpoint = IngestionEndpoint()
    with serving(endpoint) as endpoint.url:
        yield endpoint


@pytest.fixture
def components() -> Components:
    return Components()


@pytest.fixture
async def telemetry(endpoint: IngestionEndpoint, components: Components) -> AsyncIterator[Telemetry]:
    async with AsyncExitStack() as stack:
        telemetry = open_quickly(endpoint.connection_string, components)
        stack.push_async_callback(telemetry.close)
        telemetry.begin()
        yield telemetry


def open_quickly(connection_string: str, components: Components, pace: Pace = QUICK) -> Telemetry:
    """Not yet begun."""
    pseudonyms = Pseudonyms(Vault(KeptSecrets(CURSOR_KEY)))
    return Telemetry(ingestion_of(connection_string), pseudonyms, components, pace=pace)
