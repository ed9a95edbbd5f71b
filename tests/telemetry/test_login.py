"""Telemetry for an Application Insights resource that takes no keys alone: with a token of the managed identity."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from local.ingestion_endpoint import IngestionEndpoint
from shared.components import Components
from shared.connection_string import identity_of
from shared.telemetry.adapter import Telemetry, open_telemetry
from shared.telemetry.items import Event
from shared.vault import Vault
from tests.conftest import CURSOR_KEY, KeptSecrets, settings_for
from tests.identity_endpoint import IdentityEndpoint, serving_identity
from tests.telemetry.test_sending import until

pytestmark = pytest.mark.anyio

CLIENT_ID = "7d1b3c36-5a0f-4d5b-9a38-0d0d6c1f2b11"


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityEndpoint]:
    with serving_identity("of the identity", monkeypatch) as identity:
        yield identity


def opened(endpoint: IngestionEndpoint, components: Components) -> Telemetry:
    settings = replace(
        settings_for("postgresql://unused"),
        applicationinsights_connection_string=endpoint.connection_string,
        applicationinsights_authentication_string=f"Authorization=AAD;ClientId={CLIENT_ID}",
    )
    return open_telemetry(settings, Vault(KeptSecrets(CURSOR_KEY)), components)


def _has_sent(telemetry: Telemetry, count: int) -> bool:
    """And knows: what it does not know to be taken when it is closed, it sends again."""
    return telemetry.sent >= count


async def test_one_token_goes_along_with_every_body(identity: IdentityEndpoint, endpoint: IngestionEndpoint) -> None:
    telemetry = opened(endpoint, Components())
    telemetry.begin()
    for count, name in enumerate(("first", "second"), start=1):
        telemetry.give(Event(name=name))
        await until(partial(_has_sent, telemetry, count))
    await telemetry.close()
    assert [event["name"] for event in endpoint.of_type("EventData")] == ["first", "second"]
    assert [path for path, _ in endpoint.requests] == ["/v2.1/track"] * 2
    assert endpoint.authorizations == ["Bearer of the identity"] * 2
    [request] = identity.requests
    assert (request["resource"], request["client_id"]) == ("https://monitor.azure.com/", CLIENT_ID)


async def test_without_a_token_nothing_is_sent_and_nothing_lost(
    identity: IdentityEndpoint, endpoint: IngestionEndpoint
) -> None:
    identity.failing = True
    components = Components()
    telemetry = opened(endpoint, components)
    telemetry.begin()
    telemetry.give(Event(name="first"))
    component = components.component("telemetry")
    await until(lambda: component.state == "down")
    assert (component.last_error, endpoint.requests, telemetry.dropped) == ("NoToken", [], 0)
    await telemetry.close()


@pytest.mark.parametrize(
    ("text", "client_id"), [(f"Authorization=AAD;ClientId={CLIENT_ID}", CLIENT_ID), (" authorization = aad ;", None)]
)
def test_the_string_names_an_identity(text: str, client_id: str | None) -> None:
    assert identity_of(text) == client_id


@pytest.mark.parametrize("text", ["ClientId=x", "Authorization=Key", "Authorization=AAD;ClientId=x", "AAD", "a=b"])
def test_another_string_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match=r"Authorization=AAD|GUID"):
        identity_of(text)
