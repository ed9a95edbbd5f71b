"""The database's side of signing keys, on the login that does nothing else."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from shared.database.connection import Connection
from shared.database.pool import connect, entra_access_token
from shared.database.schema import INSTALL_SIGNING_KEY, hmac_pads
from shared.errors import SettingsError
from shared.settings import Settings
from shared.vault import Secret

LEASE_SECONDS = 300
"""How long the keys are one run's to change. A run ends before that."""


class KeyCustody:
    """Brings and ends the keys that verify signed contexts. Raises psycopg's errors."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[bool]:
        """Whether the keys are this run's to change until the end of the block."""
        holder = uuid4()
        taken = await self._lease(holder, LEASE_SECONDS)
        try:
            yield taken
        finally:
            if taken and not self._connection.broken:
                await self._lease(holder, 0)

    async def install(self, key: Secret) -> None:
        """Contexts signed with it pass from now on. Again is as good as once. Raises SecretUnavailable for no key."""
        await self._connection.execute(INSTALL_SIGNING_KEY, (key.version, *hmac_pads(key.key())))

    async def retire_all_but(self, keys: Sequence[Secret]) -> int:
        """How many end. One that was installed in the last quarter of an hour stays, whoever brought it."""
        cursor = await self._connection.execute(
            "SELECT access.retire_signing_keys(%s)", ([key.version for key in keys],)
        )
        [(retired,)] = await cursor.fetchall()
        return int(retired)

    async def _lease(self, holder: object, seconds: int) -> bool:
        cursor = await self._connection.execute("SELECT access.lease_keys(%s, %s)", (holder, seconds))
        return await cursor.fetchone() == (True,)


@asynccontextmanager
async def open_key_custody(settings: Settings) -> AsyncIterator[KeyCustody]:
    """On a connection of its own. Raises SettingsError where the settings name no login for it."""
    if settings.keys_database_url is None:
        raise SettingsError("settings: KEYS_DATABASE_URL is missing, so this process cannot rotate keys")
    async with AsyncExitStack() as stack:
        access_token = entra_access_token(settings.keys_database_url, settings.keys_client_id, stack)
        connection = await stack.enter_async_context(await connect(settings.keys_database_url, access_token))
        yield KeyCustody(connection)
