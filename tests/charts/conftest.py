"""One browser with one host's page for all; each test opens a chart of its own in it."""

from collections.abc import AsyncIterator

import pytest

from tests.charts.hosting import Host, running_browser
from tests.tools.conftest import ClientOf, client_of, shared_server

__all__ = ["ClientOf", "client_of", "shared_server"]  # fixtures of the tools' tests


@pytest.fixture(scope="package")
async def one_host() -> AsyncIterator[Host]:
    """Not of the session: it keeps an event loop, whose context tests of other folders must not get."""
    async with running_browser() as browser:
        host = Host(await browser.new_page(viewport={"width": 760, "height": 1000}))
        await host.begin()
        yield host


@pytest.fixture
async def host(one_host: Host) -> AsyncIterator[Host]:
    """A host's page, which nothing has left for the network and nothing has complained in."""
    one_host.requests.clear()
    one_host.complaints.clear()
    yield one_host
    assert one_host.requests == []
    assert one_host.complaints == []
