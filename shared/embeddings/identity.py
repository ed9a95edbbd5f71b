"""How the embedder proves who it is: a token of the managed identity on Azure, elsewhere the vault's key."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from shared.errors import EmbedderFailure, SecretUnavailable
from shared.settings import Settings
from shared.vault import Vault, azure_credential

type ApiKey = Callable[[], Awaitable[str]]
"""Asked before each request, so that a key that was replaced or a token that expires needs no restart."""

SECRET = "openai-api-key"  # noqa: S105  # its name
AZURE_DOMAINS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"


def open_api_key(settings: Settings, vault: Vault, stack: AsyncExitStack) -> ApiKey:
    """By the host alone: an Azure resource of ours takes no keys. It loads libraries, so call it in a thread."""
    host = urlsplit(settings.openai_base_url).hostname or ""
    return managed_identity(settings.azure_client_id, stack) if host.endswith(AZURE_DOMAINS) else vault_key(vault)


def vault_key(vault: Vault) -> ApiKey:
    """The newest version of the secret, as fresh as the vault keeps it. Raises EmbedderFailure."""

    async def key() -> str:
        try:
            value = (await vault.secret(SECRET)).value.strip()
        except SecretUnavailable as error:
            raise EmbedderFailure(f"there is no key for the embedding service: {error}") from error
        if not value:
            raise EmbedderFailure(f"there is no key for the embedding service: {SECRET} is empty")
        return value

    return key


def managed_identity(client_id: str | None, stack: AsyncExitStack) -> ApiKey:
    """Tokens of this application's identity, kept by the library until they expire. Raises EmbedderFailure."""
    from azure.core.exceptions import AzureError

    credential = azure_credential(client_id)
    stack.push_async_callback(credential.close)

    async def token() -> str:
        try:
            return (await credential.get_token(AZURE_SCOPE)).token
        except AzureError as error:
            # Its kind only: the message quotes the identity endpoint's answer.
            raise EmbedderFailure(f"there is no token for the embedding service: {type(error).__name__}") from None

    return token
