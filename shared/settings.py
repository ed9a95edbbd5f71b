"""The settings of one process, read once from the environment and checked as a whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

from shared.errors import SettingsError

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the application needs to know about where it runs. Field names, upper-cased, are the variables."""

    app_database_url: str = field(repr=False)
    """libpq URL of the read role; without a password in it, a Microsoft Entra token is the password."""
    jobs_database_url: str = field(repr=False)
    """libpq URL of the jobs' role, which keeps callers' tasks; without a password in it as above."""
    mcp_server_url: str
    """The public URL of the MCP endpoint, without trailing slash: the `resource` clients ask tokens for."""
    entra_tenant_ids: tuple[str, ...]
    """Tenants (GUIDs, comma separated) whose tokens are accepted; the issuer is derived from each."""
    token_audiences: tuple[str, ...]
    """Accepted `aud` values, comma separated: the app registration's client id and its identifier URIs.

    Clients are told to ask for scopes under the first that is a URI."""
    openai_base_url: str
    """Where embeddings are made: https://NAME.openai.azure.com/openai/v1, https://api.openai.com/v1 or the like.

    It is asked with a token of the managed identity on Azure, with the vault's `openai-api-key` elsewhere."""
    embedding_model: str = "text-embedding-3-small"
    """The model of new embeddings, kept with each of them; on Azure the deployment has its name, too."""
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
    """Connections per instance at most; one tool call uses one. Tasks use a quarter of them at most."""
    task_grace_seconds: int = 3
    """How long a call is waited for before its client, if it knows tasks, gets one instead of the answer."""
    task_seconds: int = 600
    """How long the statement of a task may run: above the 20 s of a call."""
    task_plan_cost: int = 150_000_000
    """What the statement of a task may cost, in the planner's units: at 20 s a call may cost 5,000,000."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from variables; raises SettingsError that names every missing or malformed one."""
        reader = _Reader(environ)
        pool_max_size = reader.number("POOL_MAX_SIZE", cls.pool_max_size, 1, 100)
        settings = cls(
            app_database_url=reader.database_url("APP_DATABASE_URL"),
            jobs_database_url=reader.database_url("JOBS_DATABASE_URL"),
            mcp_server_url=reader.web_url("MCP_SERVER_URL"),
            entra_tenant_ids=reader.guids("ENTRA_TENANT_IDS"),
            token_audiences=reader.required_names("TOKEN_AUDIENCES"),
            openai_base_url=reader.web_url("OPENAI_BASE_URL"),
            embedding_model=reader.text("EMBEDDING_MODEL") or cls.embedding_model,
            entra_authority=reader.web_url("ENTRA_AUTHORITY", cls.entra_authority),
            allowed_client_ids=reader.names("ALLOWED_CLIENT_IDS"),
            key_vault_url=reader.text("KEY_VAULT_URL"),
            secrets_file=reader.text("SECRETS_FILE"),
            azure_client_id=reader.text("AZURE_CLIENT_ID"),
            pool_min_size=reader.number("POOL_MIN_SIZE", min(cls.pool_min_size, pool_max_size), 1, 100),
            pool_max_size=pool_max_size,
            task_grace_seconds=reader.number("TASK_GRACE_SECONDS", cls.task_grace_seconds, 0, 20),
            task_seconds=reader.number("TASK_SECONDS", cls.task_seconds, 20, 1000),
            task_plan_cost=reader.number("TASK_PLAN_COST", cls.task_plan_cost, 1, 10**12),
        )
        if bool(settings.key_vault_url) == bool(settings.secrets_file):
            reader.problems.append("set exactly one of KEY_VAULT_URL and SECRETS_FILE")
        if settings.pool_min_size > settings.pool_max_size:
            reader.problems.append("POOL_MIN_SIZE is larger than POOL_MAX_SIZE")
        if reader.problems:
            raise SettingsError("settings: " + "; ".join(reader.problems))
        return settings


class _Reader:
    """Reads variables and collects what is wrong with them, so that one message names all. It never quotes a value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def names(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self._environ.get(name, "").split(",") if part.strip())

    def required_names(self, name: str) -> tuple[str, ...]:
        if not (found := self.names(name)):
            self.problems.append(f"{name} is missing")
        return found

    def guids(self, name: str) -> tuple[str, ...]:
        found = self.required_names(name)
        if not all(GUID.fullmatch(part) for part in found):
            self.problems.append(f"{name} holds something else than GUIDs")
        return found

    def web_url(self, name: str, default: str = "") -> str:
        """An https URL without credentials and trailing slash; plain http on loopback only."""
        url, parts = self._url(name, ("https", "http"), default)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            self.problems.append(f"{name} must use https outside loopback")
        if parts.username or parts.password:
            self.problems.append(f"{name} must not hold credentials: it shows in logs")
        return url.rstrip("/")

    def database_url(self, name: str) -> str:
        """A libpq URL; outside loopback the server's certificate must be verified."""
        url, parts = self._url(name, ("postgresql", "postgres"))
        verified = parse_qs(parts.query).get("sslmode") == ["verify-full"]
        if parts.hostname and parts.hostname not in LOOPBACK_HOSTS and not verified:
            self.problems.append(f"{name} must say sslmode=verify-full outside loopback")
        return url

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isdecimal() or not low <= int(value) <= high:
            self.problems.append(f"{name} is not a whole number from {low} to {high}")
            return default
        return int(value)

    def _url(self, name: str, schemes: tuple[str, ...], default: str = "") -> tuple[str, SplitResult]:
        url = self.text(name) or default
        parts = urlsplit(url)
        if not url:
            self.problems.append(f"{name} is missing")
        elif parts.scheme not in schemes or not parts.hostname:
            self.problems.append(f"{name} is not a URL that begins with {schemes[0]}://")
        return url, parts
