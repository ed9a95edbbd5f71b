"""Secrets through the real Azure client from an emulated Key Vault."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure.keyvault.secrets.aio import SecretClient

from shared.errors import SecretUnavailable
from shared.vault import KeyVaultSource, Vault, azure_credential
from tests.clock import FakeClock
from tests.vault.served_vault import ServedVault, StaticCredential

pytestmark = [
    pytest.mark.anyio,
    # aiohttp leaves the TLS connection of a refused request to the garbage collector (below), with a warning.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in.*(socket.socket|Transport):pytest.PytestUnraisableExceptionWarning"
    ),
]

KEY = "rls-signing-key"


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """So that the warning appears in the test that it belongs to. Only what the test has made is looked at."""
    gc.freeze()
    yield
    gc.collect()
    gc.unfreeze()


@contextlib.asynccontextmanager
async def closing(vault: Vault) -> AsyncIterator[Vault]:
    try:
        yield vault
    finally:
        await vault.close()
        await asyncio.sleep(0.02)  # aborted connections are closed in the loop's next rounds


async def test_a_secret_is_its_newest_version(key_vault: ServedVault) -> None:
    key_vault.put(KEY, "old")
    newest = key_vault.put(KEY, "new")
    async with closing(key_vault.vault()) as vault:
        secret = await vault.secret(KEY)
    assert (secret.name, secret.value, secret.version) == (KEY, "new", newest.version)


async def test_versions_come_newest_first_from_all_pages(key_vault: ServedVault) -> None:
    for number in range(5):
        key_vault.put(KEY, f"value {number}")
    async with closing(key_vault.vault()) as vault:
        assert [secret.value for secret in await vault.versions(KEY, 2)] == ["value 4", "value 3"]
        assert [secret.value for secret in await vault.versions(KEY)] == [f"value {n}" for n in (4, 3, 2, 1, 0)]


async def test_a_disabled_version_is_skipped(key_vault: ServedVault) -> None:
    key_vault.put(KEY, "oldest")
    key_vault.put(KEY, "withdrawn", enabled=False)
    key_vault.put(KEY, "middle")
    key_vault.put(KEY, "newest", enabled=False)
    async with closing(key_vault.vault()) as vault:
        assert (await vault.secret(KEY)).value == "middle"
        assert [secret.value for secret in await vault.versions(KEY)] == ["middle", "oldest"]


async def test_a_secret_that_does_not_exist_is_unavailable(key_vault: ServedVault) -> None:
    async with closing(key_vault.vault()) as vault:
        with pytest.raises(SecretUnavailable, match=KEY):
            await vault.secret(KEY)


async def test_for_a_minute_the_vault_is_not_asked_again(key_vault: ServedVault, clock: FakeClock) -> None:
    key_vault.put(KEY, "first")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.secret(KEY)
        asked = len(key_vault.requests)
        key_vault.put(KEY, "second")
        clock.now += 59
        assert (await vault.secret(KEY)).value == "first"
        await asyncio.sleep(0.02)
        assert len(key_vault.requests) == asked
        clock.now += 241
        assert (await vault.secret(KEY)).value == "second"


async def test_a_busy_reader_never_waits_for_a_newer_value(key_vault: ServedVault, clock: FakeClock) -> None:
    key_vault.put(KEY, "first")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.secret(KEY)
        key_vault.put(KEY, "second")
        clock.now += 60
        async with asyncio.timeout(5):
            assert (await vault.secret(KEY)).value == "first"  # at once, and reads meanwhile
            while (await vault.secret(KEY)).value == "first":
                await asyncio.sleep(0.001)


async def test_a_renewed_reading_is_one_of_now(key_vault: ServedVault, clock: FakeClock) -> None:
    key_vault.put(KEY, "first")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.versions(KEY)
        key_vault.put(KEY, "second")
        clock.now += 5
        assert [secret.value for secret in await vault.renewed(KEY)] == ["second", "first"]
        assert (await vault.versions(KEY))[0].value == "second"
        key_vault.down = True
        clock.now += 5
        with pytest.raises(SecretUnavailable):
            await vault.renewed(KEY)


async def test_eight_first_readers_make_one_reading(key_vault: ServedVault) -> None:
    version = key_vault.put(KEY, "value").version
    async with closing(key_vault.vault()) as vault:
        await asyncio.gather(*(vault.secret(KEY) for _ in range(8)))
    assert key_vault.requests.count(("GET", f"/secrets/{KEY}/{version}")) == 1


async def test_the_last_good_value_is_served_during_an_outage(key_vault: ServedVault, clock: FakeClock) -> None:
    key_vault.put(KEY, "value")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.secret(KEY)
        key_vault.down = True
        for _ in range(100):
            clock.now += 3600
            assert (await vault.secret(KEY)).value == "value"


async def test_the_end_of_an_outage_is_noticed(key_vault: ServedVault, clock: FakeClock) -> None:
    key_vault.put(KEY, "before")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.secret(KEY)
        key_vault.down = True
        clock.now += 300
        await vault.secret(KEY)
        key_vault.down = False
        key_vault.put(KEY, "after")
        clock.now += 5
        async with asyncio.timeout(5):
            while (await vault.secret(KEY)).value == "before":
                await asyncio.sleep(0.001)


async def test_a_vault_that_is_down_from_the_start_is_unavailable_and_then_found(
    key_vault: ServedVault, clock: FakeClock
) -> None:
    key_vault.put(KEY, "value")
    key_vault.down = True
    async with closing(key_vault.vault(clock)) as vault:
        with pytest.raises(SecretUnavailable):
            await vault.secret(KEY)
        key_vault.down = False
        clock.now += 5
        assert (await vault.secret(KEY)).value == "value"


async def test_a_withdrawn_secret_is_not_served_from_memory(key_vault: ServedVault, clock: FakeClock) -> None:
    version = key_vault.put(KEY, "value")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.secret(KEY)
        version.enabled = False
        clock.now += 300
        with pytest.raises(SecretUnavailable, match="no enabled version"):
            await vault.secret(KEY)
        key_vault.down = True  # and an outage does not bring it back
        clock.now += 300
        with pytest.raises(SecretUnavailable):
            await vault.secret(KEY)
        key_vault.down, version.enabled = False, True
        clock.now += 5
        assert (await vault.secret(KEY)).value == "value"


@pytest.mark.parametrize("unknown_is_404", [True, False])
async def test_a_secret_that_goes_away_is_not_served_from_memory(
    key_vault: ServedVault, clock: FakeClock, unknown_is_404: bool
) -> None:
    key_vault.unknown_is_404 = unknown_is_404
    key_vault.put(KEY, "value")
    async with closing(key_vault.vault(clock)) as vault:
        await vault.secret(KEY)
        del key_vault.live[KEY]
        clock.now += 300
        with pytest.raises(SecretUnavailable, match="no enabled version"):
            await vault.secret(KEY)


async def test_a_deleted_secret_is_unavailable_until_it_is_recovered(key_vault: ServedVault, clock: FakeClock) -> None:
    async with key_vault.client() as client, closing(key_vault.vault(clock)) as vault:
        await client.set_secret(KEY, "value")
        await client.delete_secret(KEY)
        with pytest.raises(ResourceExistsError):
            await client.set_secret(KEY, "another")
        with pytest.raises(SecretUnavailable):
            await vault.secret(KEY)
        await client.recover_deleted_secret(KEY)
        clock.now += 5
        assert (await vault.secret(KEY)).value == "value"


async def test_the_emulator_refuses_a_disabled_version_as_key_vault_does(key_vault: ServedVault) -> None:
    async with key_vault.client() as client:
        stored = await client.set_secret(KEY, "value")
        await client.update_secret_properties(KEY, stored.properties.version, enabled=False)
        with pytest.raises(HttpResponseError) as refusal:
            await client.get_secret(KEY)
    assert refusal.value.status_code == 403


async def test_throttling_is_waited_for_as_long_as_the_vault_says(key_vault: ServedVault) -> None:
    key_vault.put(KEY, "value")
    key_vault.throttled = 1
    started = time.monotonic()
    async with closing(key_vault.vault(retry_total=3)) as vault:
        assert (await vault.secret(KEY)).value == "value"
    assert time.monotonic() - started >= key_vault.retry_after


@pytest.mark.parametrize("trouble", ["throttled for an hour", "hanging"])
async def test_no_reader_waits_longer_than_the_limit(key_vault: ServedVault, trouble: str) -> None:
    key_vault.throttled, key_vault.retry_after = 5, 3600
    key_vault.hanging = trouble == "hanging"
    async with closing(key_vault.vault(read_seconds=0.3, retry_total=3)) as vault:
        with pytest.raises(SecretUnavailable):
            await asyncio.wait_for(vault.secret(KEY), 2)


async def test_a_rejected_identity_is_unavailable(key_vault: ServedVault) -> None:
    async with closing(key_vault.vault(token="another token")) as vault:
        with pytest.raises(SecretUnavailable):
            await vault.secret(KEY)


async def test_a_vault_with_an_unknown_certificate_is_not_trusted(key_vault: ServedVault) -> None:
    async with closing(key_vault.vault(connection_verify=True)) as vault:
        with pytest.raises(SecretUnavailable):
            await vault.secret(KEY)


async def test_a_challenge_for_another_vault_is_not_answered(key_vault: ServedVault) -> None:
    async with closing(key_vault.vault(verify_challenge_resource=True)) as vault:
        with pytest.raises(SecretUnavailable):
            await vault.secret(KEY)


async def test_one_client_serves_all_secrets_and_is_closed_with_its_credential(key_vault: ServedVault) -> None:
    credentials: list[StaticCredential] = []

    @contextlib.asynccontextmanager
    async def open_client() -> AsyncIterator[SecretClient]:
        credentials.append(StaticCredential(key_vault.token))
        async with credentials[-1], key_vault.client() as client:
            yield client

    names = ("rls-signing-key", "cursor-signing-key", "backup-signing-key", "request-state-key")
    for name in names:
        key_vault.put(name, name)
    async with closing(Vault(KeyVaultSource(open_client))) as vault:
        secrets = await asyncio.gather(*map(vault.secret, names))
        assert [secret.value for secret in secrets] == list(names)
        assert [credential.closed for credential in credentials] == [False]
    assert [credential.closed for credential in credentials] == [True]


async def test_no_value_reaches_a_log_or_an_error(
    key_vault: ServedVault, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stored = key_vault.put(KEY, "hunter2")
    async with closing(key_vault.vault(clock)) as vault:
        secret = await vault.secret(KEY)
        key_vault.down = True
        clock.now += 300
        await vault.secret(KEY)
        with pytest.raises(SecretUnavailable) as outage:
            await vault.secret("cursor-signing-key")
    assert "hunter2" not in f"{secret!r} {secret} {[secret]} {stored!r} {outage.value!r} {caplog.text}"
    assert "secret rls-signing-key cannot be read" in caplog.text


async def test_the_managed_identity_is_used_where_there_is_one_and_never_tried_elsewhere() -> None:
    elsewhere = azure_credential("client id", {})
    within = azure_credential("client id", {"IDENTITY_ENDPOINT": "http://127.0.0.1:1", "IDENTITY_HEADER": "x"})
    assert isinstance(within, ManagedIdentityCredential)
    assert isinstance(elsewhere, DefaultAzureCredential)
    assert not any(isinstance(each, ManagedIdentityCredential) for each in elsewhere.credentials)
    await within.close()
    await elsewhere.close()
