"""A server over the sample, with real tokens, whose records a test reads."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from local.asgi_server import serving
from local.tokens import new_key
from shared.telemetry.call_record import CallRecord
from tests.application import issued_settings, opened
from tests.conftest import Database
from tests.identity.running_issuer import RunningIssuer


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    issuer = RunningIssuer([new_key()])
    with serving(issuer) as issuer.authority:
        yield issuer


@pytest.fixture
def records() -> list[CallRecord]:
    return []


@pytest.fixture
async def http(
    sample: Database, issuer: RunningIssuer, records: list[CallRecord], tmp_path: Path
) -> AsyncIterator[httpx2.AsyncClient]:
    """As the manager of Kirkland."""
    async with opened(issued_settings(sample, issuer, tmp_path), issuer, [records.append]) as client:
        yield client
