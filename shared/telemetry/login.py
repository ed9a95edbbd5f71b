"""Whose telemetry it is, where Application Insights wants to know: a token of the managed identity."""

import asyncio
from typing import TYPE_CHECKING

from shared.vault import azure_credential

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

SCOPE = "https://monitor.azure.com//.default"
"""With both slashes: the audience ends with one."""


class NoToken(Exception):
    """The identity gets none now. It quotes nothing of the answer."""


class TelemetryLogin:
    """Of one event loop. Nothing is opened before the first token is asked for."""

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id
        self._credential: AsyncTokenCredential | None = None

    async def token(self) -> str:
        """Kept by the library until it expires; raises NoToken."""
        from azure.core.exceptions import AzureError

        if self._credential is None:  # a third of a second to load
            self._credential = await asyncio.to_thread(azure_credential, self._client_id)
        try:
            return (await self._credential.get_token(SCOPE)).token
        except AzureError:
            raise NoToken from None

    async def close(self) -> None:
        """Closes what the first token opened."""
        if self._credential is not None:
            await self._credential.close()
