"""One issuer for all tests of a session; each test gets it with its first key and a counter at zero."""

from collections.abc import Iterator

import pytest

from local.asgi_server import serving
from local.token_issuer import IssuerKey
from local.tokens import new_key
from tests.identity.running_issuer import RunningIssuer


@pytest.fixture(scope="session")
def issuer_keys() -> list[IssuerKey]:
    return [new_key(), new_key()]


@pytest.fixture
def other_key(issuer_keys: list[IssuerKey]) -> IssuerKey:
    """A key that the issuer does not publish."""
    return issuer_keys[1]


@pytest.fixture(scope="session")
def served_issuer() -> Iterator[RunningIssuer]:
    served = RunningIssuer([])
    with serving(served) as served.authority:
        yield served


@pytest.fixture
def issuer(served_issuer: RunningIssuer, issuer_keys: list[IssuerKey]) -> RunningIssuer:
    served_issuer.keys[:] = issuer_keys[:1]
    served_issuer.failure = None
    served_issuer.paths.clear()
    return served_issuer
