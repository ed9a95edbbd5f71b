"""The client of Redis. It takes a quarter of a second to load: imported where there is a Redis, and in a thread."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider

from shared.errors import SecretUnavailable
from shared.vault import Vault, azure_credential

AZURE_SCOPE = "https://redis.azure.com/.default"
SECRET = "redis-password"  # noqa: S105  # its name
CONNECTIONS = 8
"""Per instance at most."""

type Login = Callable[[], Awaitable[tuple[str, ...]]]


def open_client(url: str, vault: Vault, client_id: str | None, stack: AsyncExitStack, seconds: float) -> Redis:
    """Connects when it is first asked, and makes one attempt: what is kept here can be had elsewhere.

    seconds: for a connection, and for an answer.
    """
    parts = urlsplit(url)
    user, address = parts.username, parts.netloc.rpartition("@")[2]
    pool = BlockingConnectionPool.from_url(
        parts._replace(netloc=address).geturl(),
        max_connections=CONNECTIONS,
        timeout=seconds,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        driver_info=None,
        credential_provider=_Asked(_identity(unquote(user), client_id, stack) if user else _password(vault)),
    )
    client = Redis.from_pool(pool)
    stack.push_async_callback(client.aclose)
    return client


class _Asked(CredentialProvider):
    """The library's word for who logs in each new connection."""

    def __init__(self, login: Login) -> None:
        self._login = login

    async def get_credentials_async(self) -> tuple[str, ...]:  # type: ignore[override]  # none at all is one, too
        return await self._login()


def _identity(user: str, client_id: str | None, stack: AsyncExitStack) -> Login:
    """The user is the object id of the managed identity, whose token is the password."""
    credential = azure_credential(client_id)
    stack.push_async_callback(credential.close)

    async def login() -> tuple[str, ...]:
        return user, (await credential.get_token(AZURE_SCOPE)).token

    return login


def _password(vault: Vault) -> Login:
    """The vault's, or none where the vault has none, as on a laptop."""

    async def login() -> tuple[str, ...]:
        try:
            return ((await vault.secret(SECRET)).value.strip(),)
        except SecretUnavailable:
            return ()

    return login
