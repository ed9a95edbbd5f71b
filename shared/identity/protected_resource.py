"""This server as OAuth clients see it: its metadata (RFC 9728) and the challenges that lead to it (RFC 6750)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from shared.identity.scopes import USUAL_SCOPES
from shared.settings import Settings


class ProtectedResource:
    """Made of settings alone, so every instance says the same."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        url = urlsplit(settings.mcp_server_url)
        # RFC 9728: the well-known path goes between host and path of the resource.
        self._metadata_url = f"{url.scheme}://{url.netloc}/.well-known/oauth-protected-resource{url.path}"

    def metadata(self, name: str) -> dict[str, object]:
        """The metadata document; the authorization servers are the accepted tenants. name: for people."""
        settings = self._settings
        return {
            "resource": settings.mcp_server_url,
            "resource_name": name,
            "authorization_servers": [
                f"{settings.entra_authority}/{tenant}/v2.0" for tenant in settings.entra_tenant_ids
            ],
            # Clients that know no better ask for all of these, and only administrators can get `admin`.
            "scopes_supported": self._qualified(USUAL_SCOPES),
            "bearer_methods_supported": ["header"],
        }

    def challenge(self, scopes: Iterable[str], error: str | None = None, description: str | None = None) -> str:
        """The value of WWW-Authenticate. description: printable ASCII without quotation marks and backslashes."""
        parameters = {
            "resource_metadata": self._metadata_url,
            "scope": " ".join(self._qualified(scopes)),
            "error": error,
            "error_description": description,
        }
        return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)

    def _qualified(self, scopes: Iterable[str]) -> list[str]:
        """The scopes as a client asks for them, under a URI of the application; its token holds the short names."""
        audiences = self._settings.token_audiences
        prefix = next((audience for audience in audiences if "://" in audience), audiences[0])
        return [f"{prefix}/{scope}" for scope in scopes]
