"""The settings of one process, read once from the environment and checked as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared.errors import SettingsError

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the application needs to know about where it runs. Field names, upper-cased, are the variables."""

    app_database_url: str = field(repr=False)
    """libpq URL of the read role; without a password in it, a Microsoft Entra token is the password."""
    mcp_server_url: str
    """The public URL of the MCP endpoint, without trailing slash: the `resource` clients ask tokens for."""
    entra_tenant_ids: tuple[str, ...]
    """Tenants (GUIDs, comma separated) whose tokens are accepted; the issuer is derived from each."""
    token_audiences: tuple[str, ...]
    """Accepted `aud` values, comma separated: the app registration's client id and its identifier URIs."""
    entra_authority: str = "https://login.microsoftonline.com"
    """Base URL of the identity platform; plain http is accepted on loopback only."""
    allowed_client_ids: tuple[str, ...] = ()
    """Accepted `azp` values, comma separated; empty accepts every client the tenant has consented to."""
    key_vault_url: str | None = None
    """The vault that holds the secrets; exactly one of this and SECRETS_FILE is set."""
    secrets_file: str | None = field(default=None, repr=False)
    """A JSON file of the same secret names, for a laptop; exactly one of this and KEY_VAULT_URL is set."""
    azure_client_id: str | None = None
    """Client id of the user-assigned managed identity; empty uses the system-assigned one."""
    pool_min_size: int = 2
    """Connections kept open per instance."""
    pool_max_size: int = 16
    """Connections per instance at most; one tool call uses one."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from variables; raises SettingsError that names every missing or malformed one."""
        reader = _Reader(environ)
        values: dict[str, object] = {
            "app_database_url": reader.url("APP_DATABASE_URL", {"postgresql", "postgres"}),
            "mcp_server_url": reader.url("MCP_SERVER_URL", {"https", "http"}),
            "entra_tenant_ids": reader.names("ENTRA_TENANT_IDS", required=True),
            "token_audiences": reader.names("TOKEN_AUDIENCES", required=True),
            "entra_authority": reader.url("ENTRA_AUTHORITY", {"https", "http"}, default=cls.entra_authority),
            "allowed_client_ids": reader.names("ALLOWED_CLIENT_IDS"),
            "key_vault_url": reader.text("KEY_VAULT_URL"),
            "secrets_file": reader.text("SECRETS_FILE"),
            "azure_client_id": reader.text("AZURE_CLIENT_ID"),
            "pool_min_size": reader.number("POOL_MIN_SIZE", cls.pool_min_size, 1, 100),
            "pool_max_size": reader.number("POOL_MAX_SIZE", cls.pool_max_size, 1, 100),
        }
        if bool(values["key_vault_url"]) == bool(values["secrets_file"]):
            reader.problems.append("set exactly one of KEY_VAULT_URL and SECRETS_FILE")
        if reader.problems:
            raise SettingsError("settings: " + "; ".join(reader.problems))
        return cls(**values)  # type: ignore[arg-type]  # each value was read as its field's type above


class _Reader:
    """Reads variables and collects what is wrong with them, so that one message names all."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def names(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        values = tuple(part.strip() for part in self._environ.get(name, "").split(",") if part.strip())
        if required and not values:
            self.problems.append(f"{name} is missing")
        return values

    def url(self, name: str, schemes: set[str], default: str | None = None) -> str | None:
        value = self.text(name) or default
        if value is None:
            self.problems.append(f"{name} is missing")
            return None
        parts = urlsplit(value)
        if parts.scheme not in schemes or not parts.hostname:
            self.problems.append(f"{name} is not a URL with scheme {' or '.join(sorted(schemes))}")
        elif parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            self.problems.append(f"{name} must use https outside loopback")
        return value.rstrip("/")

    def number(self, name: str, default: int, low: int, high: int) -> int:
        return self._convert(name, default, lambda text: _within(int(text), low, high), f"a whole number {low}-{high}")

    def _convert(self, name: str, default: int, convert: Callable[[str], int], wanted: str) -> int:
        value = self.text(name)
        if value is None:
            return default
        try:
            return convert(value)
        except ValueError:
            self.problems.append(f"{name} is not {wanted}")
            return default


def _within(number: int, low: int, high: int) -> int:
    if not low <= number <= high:
        raise ValueError(number)
    return number
