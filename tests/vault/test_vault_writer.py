"""New versions and the end of old ones, in an emulated Key Vault by the real client and in a laptop's file."""

import asyncio
import json
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.errors import SecretUnavailable
from shared.keys.vault_writer import KEPT_VERSIONS, WritableFile, WritableKeyVault, WritableSource
from shared.vault import FileSource
from tests.conftest import REPOSITORY
from tests.vault.served_vault import ServedVault

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in.*(socket.socket|Transport):pytest.PytestUnraisableExceptionWarning"
    ),
]

KEY = "cursor-signing-key"


@pytest.fixture(params=["Key Vault", "file"])
async def source(
    request: pytest.FixtureRequest, key_vault: ServedVault, secrets_file: Path
) -> AsyncIterator[WritableSource]:
    secrets_file.write_text("{}")
    found: WritableSource = WritableFile(secrets_file)
    if request.param == "Key Vault":
        found = WritableKeyVault(key_vault.client, read_seconds=2)
    yield found
    await found.close()
    await asyncio.sleep(0.02)


async def test_a_version_is_read_once_it_is_enabled_and_until_it_is_disabled(source: WritableSource) -> None:
    first, second = await source.add(KEY, "first"), await source.add(KEY, "second")
    assert await source.newest(KEY, 9) == []
    for secret in (first, second, second):
        await source.enable(secret)
    assert {each.value for each in await source.newest(KEY, 9)} == {"first", "second"}
    assert {each.created for each in await source.newest(KEY, 9)} == {first.created, second.created}
    await source.disable(first)
    assert await source.newest(KEY, 9) == [second]


async def test_versions_of_many_pages_can_be_changed(source: WritableSource) -> None:
    added = [await source.add(KEY, f"value {number}") for number in range(7)]
    for secret in added:
        await source.enable(secret)
    assert len(await source.newest(KEY, 9)) == 7


async def test_a_deleted_secret_takes_no_version_until_it_is_recovered(key_vault: ServedVault) -> None:
    source = WritableKeyVault(key_vault.client)
    key_vault.put(KEY, "value")
    async with key_vault.client() as client:
        await client.delete_secret(KEY)
        with pytest.raises(SecretUnavailable, match="deleted and has to be recovered"):
            await source.add(KEY, "another")
        await client.recover_deleted_secret(KEY)
    await source.enable(await source.add(KEY, "another"))
    assert len(await source.newest(KEY, 9)) == 2
    await source.close()
    await asyncio.sleep(0.02)


@pytest.mark.parametrize("trouble", ["down", "hanging", "throttled"])
async def test_a_vault_that_does_not_answer_is_told_and_no_value_is_quoted(
    key_vault: ServedVault, trouble: str
) -> None:
    source = WritableKeyVault(lambda: key_vault.client(retry_total=3), read_seconds=0.3)
    secret = await source.add(KEY, "hunter2")
    key_vault.down, key_vault.hanging = trouble == "down", trouble == "hanging"
    key_vault.throttled, key_vault.retry_after = (9, 3600) if trouble == "throttled" else (0, 1)
    for change in (source.add(KEY, "hunter2"), source.enable(secret)):
        with pytest.raises(SecretUnavailable) as refusal:
            await change
        assert "hunter2" not in f"{refusal.value!r}{refusal.value.__cause__!r}"
    await source.close()
    await asyncio.sleep(0.02)


async def test_throttling_is_waited_for(key_vault: ServedVault) -> None:
    source = WritableKeyVault(lambda: key_vault.client(retry_total=3))
    key_vault.throttled = 1
    await source.enable(await source.add(KEY, "value"))
    assert [each.value for each in await source.newest(KEY, 9)] == ["value"]
    await source.close()


async def test_a_file_stays_private_and_forgets_what_has_long_been_disabled(secrets_file: Path) -> None:
    secrets_file.write_text(json.dumps({KEY: [{"version": "old", "value": "x"}], "other": [1]}))
    source = WritableFile(secrets_file)
    for _ in range(KEPT_VERSIONS + 5):
        await source.add(KEY, "value")
    document = json.loads(secrets_file.read_text())
    assert stat.S_IMODE(secrets_file.stat().st_mode) == 0o600
    assert document["other"] == [1]
    assert len(document[KEY]) == KEPT_VERSIONS + 1  # what is enabled stays
    assert [each.version for each in await source.newest(KEY, 9)] == ["old"]


@pytest.mark.parametrize("content", ["", '{"cursor-signing-key": "hunter2"}', '["hunter2"]'])
async def test_a_broken_file_is_not_changed(secrets_file: Path, content: str) -> None:
    secrets_file.write_text(content)
    with pytest.raises(SecretUnavailable) as refusal:
        await WritableFile(secrets_file).add(KEY, "value")
    assert "hunter2" not in repr(refusal.value)
    assert secrets_file.read_text() == content


ADD_MANY = """
import asyncio, pathlib, sys
from shared.keys.vault_writer import WritableFile
async def main():
    source = WritableFile(pathlib.Path(sys.argv[1]))
    for number in range(12):
        await source.enable(await source.add("cursor-signing-key", sys.argv[2]))
asyncio.run(main())
"""


async def test_writers_beside_each_other_lose_nothing_and_readers_never_see_half(secrets_file: Path) -> None:
    secrets_file.write_text("{}")
    writers = [
        subprocess.Popen([sys.executable, "-c", ADD_MANY, str(secrets_file), name], cwd=REPOSITORY) for name in "abc"
    ]
    reader, readings = FileSource(secrets_file), 0
    while any(writer.poll() is None for writer in writers):
        await reader.newest(KEY, 99)
        readings += 1
        await asyncio.sleep(0.002)
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    values = [each.value for each in await reader.newest(KEY, 99)]
    assert (sorted(values), readings > 10) == (sorted("abc" * 12), True)
