"""Secrets from a file, and what holds wherever they come from."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import SecretUnavailable
from shared.settings import Settings
from shared.vault import FRESHNESS, FileSource, Secret, Vault, open_vault
from tests.clock import FakeClock

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
KEY = "rls-signing-key"
VERSIONS = [
    {"version": "3", "value": "newest", "enabled": False},
    {"version": "2", "value": "newer"},
    {"version": "1", "value": "older", "enabled": True},
]


def write(file: Path, versions: object) -> None:
    file.write_text(json.dumps({KEY: versions}))


async def test_a_file_gives_its_enabled_versions_newest_first(secrets_file: Path) -> None:
    write(secrets_file, VERSIONS)
    vault = Vault(FileSource(secrets_file))
    assert await vault.secret(KEY) == Secret(KEY, "newer", "2")
    assert [secret.value for secret in await vault.versions(KEY)] == ["newer", "older"]


async def test_a_name_that_the_file_does_not_hold_is_unavailable(secrets_file: Path) -> None:
    write(secrets_file, VERSIONS)
    with pytest.raises(SecretUnavailable, match="cursor-signing-key"):
        await Vault(FileSource(secrets_file)).secret("cursor-signing-key")


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o777])
async def test_a_file_open_to_others_is_refused(secrets_file: Path, mode: int) -> None:
    write(secrets_file, VERSIONS)
    secrets_file.chmod(mode)
    with pytest.raises(SecretUnavailable, match="chmod 600"):
        await Vault(FileSource(secrets_file)).secret(KEY)


async def test_a_file_that_is_changed_is_read_anew_after_five_minutes(secrets_file: Path, clock: FakeClock) -> None:
    write(secrets_file, VERSIONS)
    vault = Vault(FileSource(secrets_file), clock=clock)
    await vault.secret(KEY)
    write(secrets_file, [{"version": "4", "value": "rotated"}, *VERSIONS])
    clock.now += 300
    assert (await vault.secret(KEY)).version == "4"


async def test_a_file_that_goes_away_leaves_its_last_good_value(secrets_file: Path, clock: FakeClock) -> None:
    write(secrets_file, VERSIONS)
    vault = Vault(FileSource(secrets_file), clock=clock)
    await vault.secret(KEY)
    secrets_file.unlink()
    clock.now += 300
    assert (await vault.secret(KEY)).value == "newer"


BROKEN: dict[str, str] = {
    "nothing": "",
    "half of it": '{"rls-signing-key": [{"version": "1", "value": "hunter2"',
    "a list": '["hunter2"]',
    "no list of versions": '{"rls-signing-key": "hunter2"}',
    "a number of versions": '{"rls-signing-key": 2}',
    "a version without a value": '{"rls-signing-key": [{"version": "hunter2"}]}',
    "a version that is text": '{"rls-signing-key": ["hunter2"]}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_a_broken_file_is_unavailable_and_not_quoted(
    secrets_file: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    secrets_file.write_text(content)
    with pytest.raises(SecretUnavailable) as refusal:
        await Vault(FileSource(secrets_file)).secret(KEY)
    assert refusal.value.__cause__ is None
    assert "hunter2" not in f"{refusal.value!r} {caplog.text}"


class SourceInMemory:
    """Answers at once; down: it says so; with its gate closed: it does not answer."""

    def __init__(self) -> None:
        self.readings = 0
        self.down = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.closed = False

    async def newest(self, name: str, count: int) -> list[Secret]:
        self.readings += 1
        await self.gate.wait()
        if self.down:
            raise SecretUnavailable("down")
        return [Secret(name, "value", "1")]

    async def close(self) -> None:
        self.closed = True


async def test_a_source_that_is_down_is_asked_every_five_seconds(clock: FakeClock) -> None:
    source = SourceInMemory()
    vault = Vault(source, clock=clock)
    await vault.secret(KEY)
    source.down = True
    clock.now += 300
    for readings in (2, 3, 4):
        for seconds in (4.9, 0.1):
            assert (await vault.secret(KEY)).value == "value"
            await asyncio.sleep(0)
            assert source.readings == readings
            clock.now += seconds


async def test_a_source_that_was_never_up_is_asked_every_five_seconds(clock: FakeClock) -> None:
    source = SourceInMemory()
    source.down = True
    vault = Vault(source, clock=clock)
    for readings in (1, 2, 3):
        for seconds in (4.9, 0.1):
            with pytest.raises(SecretUnavailable):
                await vault.secret(KEY)
            assert source.readings == readings
            clock.now += seconds


async def test_a_reader_with_a_usable_value_waits_a_moment_for_a_newer_one_and_no_longer(clock: FakeClock) -> None:
    source = SourceInMemory()
    vault = Vault(source, freshness=replace(FRESHNESS, patience=0.05), clock=clock)
    await vault.secret(KEY)
    source.gate.clear()
    clock.now += 300
    async with asyncio.timeout(1):
        assert (await vault.secret(KEY)).value == "value"
    await vault.close()
    assert source.closed


async def test_an_outage_is_waited_for_once_and_not_by_every_reader(clock: FakeClock) -> None:
    source = SourceInMemory()
    vault = Vault(source, freshness=replace(FRESHNESS, patience=60), clock=clock)
    await vault.secret(KEY)
    source.down = True
    clock.now += 300
    await vault.secret(KEY)
    source.gate.clear()
    clock.now += 5
    async with asyncio.timeout(1):
        assert (await vault.secret(KEY)).value == "value"
    await vault.close()


async def test_closing_ends_a_reading_under_way() -> None:
    source = SourceInMemory()
    source.gate.clear()
    vault = Vault(source)
    reader = asyncio.create_task(vault.secret(KEY))
    while not source.readings:
        await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await vault.close()
        await asyncio.wait({reader})
    assert reader.cancelled()


def test_a_key_is_32_bytes() -> None:
    key = bytes(range(32))
    assert Secret(KEY, base64.b64encode(key).decode(), "1").key() == key


@pytest.mark.parametrize(
    "value", ["", "hunter2", base64.b64encode(b"hunter2" * 4).decode(), base64.b64encode(b"h" * 33).decode(), "ä" * 44]
)
def test_a_key_of_another_length_is_refused_and_not_quoted(value: str) -> None:
    with pytest.raises(SecretUnavailable) as refusal:
        Secret(KEY, value, "1").key()
    assert not value or value not in str(refusal.value)
    assert refusal.value.__cause__ is None


def settings_with(environ: dict[str, str]) -> Settings:
    required = {
        "APP_DATABASE_URL": "postgresql://zava_app@127.0.0.1/zava",
        "JOBS_DATABASE_URL": "postgresql://zava_jobs@127.0.0.1/zava",
        "MCP_SERVER_URL": "https://mcp.zava.example/mcp",
        "ENTRA_TENANT_IDS": "bcf1ba44-40e2-4a94-9140-20464f825e2b",
        "TOKEN_AUDIENCES": "api://zava",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    return Settings.from_environ(required | environ)


async def test_settings_with_a_file_open_that_file(secrets_file: Path) -> None:
    write(secrets_file, VERSIONS)
    vault = open_vault(settings_with({"SECRETS_FILE": str(secrets_file)}))
    assert (await vault.secret(KEY)).value == "newer"
    await vault.close()


async def test_settings_with_a_vault_open_nothing_yet() -> None:
    vault = open_vault(settings_with({"KEY_VAULT_URL": "https://zava.vault.azure.net"}))
    await vault.close()


def run_python(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("module", ["shared.vault", "shared.identity.caller"])
def test_importing_loads_no_azure_library(module: str) -> None:
    assert run_python(f"import sys, {module}; print('azure' in sys.modules)") == "False"
