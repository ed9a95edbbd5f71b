"""The settings of one process, read once from the environment and checked as a whole."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs

from shared import loopback
from shared.connection_string import identity_of, ingestion_of
from shared.errors import SettingsError
from shared.production import development_values, is_production
from shared.url_parts import parts_of

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
LONGEST_TASK_SECONDS = 1000
"""What TASK_SECONDS may be at most."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the application needs to know about where it runs. Field names, upper-cased, are the variables."""

    app_database_url: str = field(repr=False)
    """libpq URL of the read role; without a password in it, a Microsoft Entra token is the password."""
    jobs_database_url: str = field(repr=False)
    """libpq URL of the jobs' role, which keeps callers' tasks; without a password in it as above."""
    keys_database_url: str | None = field(default=None, repr=False)
    """libpq URL of the role that brings signing keys, without a password as above; empty where others rotate keys."""
    backup_database_url: str | None = field(default=None, repr=False)
    """libpq URL of the role that reads every row, without a password as above; empty where others make backups."""
    verify_database_url: str | None = field(default=None, repr=False)
    """libpq URL of the role that restores backups, without a password as above, into a database made for verification.

    Empty where others verify."""
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
    served_domain: str = "shared.retail"
    """The module that says which schema is served, and with which tools."""
    azure_client_id: str | None = None
    """Client id of the user-assigned managed identity; empty uses the system-assigned one."""
    keys_client_id: str | None = None
    """Client id of the identity that changes keys in vault and database; without one, that of AZURE_CLIENT_ID."""
    key_rotation_hours: int = 24
    """Age at which a key gets a successor."""
    backup_store_url: str | None = None
    """Where backups go: https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER], on a laptop file:///FOLDER."""
    backup_client_id: str | None = None
    """Client id of the identity that makes and verifies backups; without one, that of AZURE_CLIENT_ID."""
    backup_retention_days: int = 30
    """How many days backups are kept; the newest and the newest verified one, and what they build on, are longer."""
    audit_spool: str | None = None
    """Folder, best of this machine, where records of calls wait for the database; empty takes a temporary one."""
    pool_min_size: int = 2
    """Connections kept open per instance."""
    pool_max_size: int = 16
    """Connections per instance at most; one tool call uses one. Tasks use a quarter of them at most."""
    principal_rate: int = 200
    """What a principal may use of the database in the long run, over all instances: statements a second.

    Each 25 ms that one takes beyond the first count as one more, so 200 are five at work all the time."""
    principal_burst: int = 2000
    """What a principal that has rested may use at once, in the same units."""
    task_grace_seconds: int = 3
    """How long a call is waited for before its client, if it knows tasks, gets one instead of the answer."""
    task_seconds: int = 600
    """How long the statement of a task may run: above the 20 s of a call."""
    task_plan_cost: int = 150_000_000
    """What the statement of a task may cost, in the planner's units: at 20 s a call may cost 5,000,000."""
    applicationinsights_connection_string: str | None = field(default=None, repr=False)
    """Where telemetry goes: an Application Insights resource with an https IngestionEndpoint; empty turns it off."""
    applicationinsights_authentication_string: str | None = None
    """`Authorization=AAD;ClientId=…`: the identity that sends telemetry; empty sends without a token."""

    redis_url: str | None = field(default=None, repr=False)
    """A Redis where instances share kept answers: rediss://[user@]host:port[/number]; empty keeps them in each.

    With a user, which is the object id of the managed identity, a token is the password; else the vault's
    `redis-password`, if there is one. Plain redis:// is accepted on loopback only."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Settings from variables; raises SettingsError that names every missing or malformed one."""
        reader = _Reader(environ)
        azure_client_id = reader.text("AZURE_CLIENT_ID")
        pool_max_size = reader.number("POOL_MAX_SIZE", cls.pool_max_size, 1, 100)
        settings = cls(
            app_database_url=reader.database_url("APP_DATABASE_URL"),
            jobs_database_url=reader.database_url("JOBS_DATABASE_URL"),
            keys_database_url=reader.database_url("KEYS_DATABASE_URL") if reader.text("KEYS_DATABASE_URL") else None,
            backup_database_url=(
                reader.database_url("BACKUP_DATABASE_URL") if reader.text("BACKUP_DATABASE_URL") else None
            ),
            verify_database_url=(
                reader.database_url("VERIFY_DATABASE_URL") if reader.text("VERIFY_DATABASE_URL") else None
            ),
            mcp_server_url=reader.web_url("MCP_SERVER_URL"),
            entra_tenant_ids=reader.guids("ENTRA_TENANT_IDS"),
            token_audiences=reader.required_names("TOKEN_AUDIENCES"),
            openai_base_url=reader.web_url("OPENAI_BASE_URL"),
            embedding_model=reader.text("EMBEDDING_MODEL") or cls.embedding_model,
            entra_authority=reader.web_url("ENTRA_AUTHORITY", cls.entra_authority),
            allowed_client_ids=reader.names("ALLOWED_CLIENT_IDS"),
            key_vault_url=reader.web_url("KEY_VAULT_URL") if reader.text("KEY_VAULT_URL") else None,
            secrets_file=reader.text("SECRETS_FILE"),
            served_domain=served_domain_in(environ),
            azure_client_id=azure_client_id,
            keys_client_id=reader.text("KEYS_CLIENT_ID") or azure_client_id,
            key_rotation_hours=reader.number("KEY_ROTATION_HOURS", cls.key_rotation_hours, 1, 24 * 365),
            backup_store_url=reader.store_url("BACKUP_STORE_URL"),
            backup_client_id=reader.text("BACKUP_CLIENT_ID") or azure_client_id,
            backup_retention_days=reader.number("BACKUP_RETENTION_DAYS", cls.backup_retention_days, 1, 3650),
            audit_spool=reader.text("AUDIT_SPOOL"),
            pool_min_size=reader.number("POOL_MIN_SIZE", min(cls.pool_min_size, pool_max_size), 1, 100),
            pool_max_size=pool_max_size,
            principal_rate=reader.number("PRINCIPAL_RATE", cls.principal_rate, 1, 100_000),
            principal_burst=reader.number("PRINCIPAL_BURST", cls.principal_burst, 1, 1_000_000),
            task_grace_seconds=reader.number("TASK_GRACE_SECONDS", cls.task_grace_seconds, 0, 20),
            task_seconds=reader.number("TASK_SECONDS", cls.task_seconds, 20, LONGEST_TASK_SECONDS),
            task_plan_cost=reader.number("TASK_PLAN_COST", cls.task_plan_cost, 1, 10**12),
            applicationinsights_connection_string=reader.ingestion("APPLICATIONINSIGHTS_CONNECTION_STRING"),
            applicationinsights_authentication_string=reader.telemetry_identity(
                "APPLICATIONINSIGHTS_AUTHENTICATION_STRING"
            ),
            redis_url=reader.redis_url("REDIS_URL") if reader.text("REDIS_URL") else None,
        )
        if bool(settings.key_vault_url) == bool(settings.secrets_file):
            reader.problems.append("set exactly one of KEY_VAULT_URL and SECRETS_FILE")
        if is_production(environ):
            reader.problems += development_values(environ)
        if settings.pool_min_size > settings.pool_max_size:
            reader.problems.append("POOL_MIN_SIZE is larger than POOL_MAX_SIZE")
        if reader.problems:
            raise SettingsError("settings: " + "; ".join(reader.problems))
        return settings


def database_url_in(environ: Mapping[str, str], name: str) -> str:
    """One libpq URL, checked as those of Settings are, for commands of another login; raises SettingsError."""
    reader = _Reader(environ)
    url = reader.database_url(name)
    if reader.problems:
        raise SettingsError("settings: " + "; ".join(reader.problems))
    return url


def served_domain_in(environ: Mapping[str, str]) -> str:
    """As Settings has it, for commands of another login."""
    return environ.get("SERVED_DOMAIN", "").strip() or Settings.served_domain


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
        if parts.scheme == "http" and parts.hostname not in loopback.HOSTS:
            self.problems.append(f"{name} must use https outside loopback")
        if parts.username or parts.password:
            self.problems.append(f"{name} must not hold credentials: it shows in logs")
        return url.rstrip("/")

    def database_url(self, name: str) -> str:
        """A libpq URL of one host; outside loopback the server's certificate must be verified."""
        url, parts = self._url(name, ("postgresql", "postgres"))
        said = parse_qs(parts.query, keep_blank_values=True)
        verified = said.get("sslmode") == ["verify-full"]
        if {"host", "hostaddr"} & said.keys() or "," in parts.netloc.rpartition("@")[2]:
            self.problems.append(f"{name} must name one host, and not in its options")
        if parts.hostname and parts.hostname not in loopback.HOSTS and not verified:
            self.problems.append(f"{name} must say sslmode=verify-full outside loopback")
        return url

    def redis_url(self, name: str) -> str:
        """A URL of one Redis without password and options, for options could turn the certificate's check off."""
        url, parts = self._url(name, ("rediss", "redis"))
        if parts.scheme == "redis" and parts.hostname not in loopback.HOSTS:
            self.problems.append(f"{name} must use rediss outside loopback")
        if parts.password is not None:
            self.problems.append(f"{name} must not hold a password: the vault has redis-password")
        if parts.query or parts.fragment or not re.fullmatch(r"/?[0-9]{0,2}", parts.path, re.ASCII):
            self.problems.append(f"{name} must end behind its port or the number of a database")
        return url

    def store_url(self, name: str) -> str | None:
        """A container of Azure Blob Storage, without the signature that would open it to who reads the setting."""
        if (text := self.text(name)) is None:
            return None
        parts = parts_of(text)
        container = parts.scheme == "https" and re.fullmatch(r"[a-z0-9]{3,24}\.blob\.core\.windows\.net", parts.netloc)
        if not (container and parts.path.strip("/") or parts.scheme == "file" and not parts.netloc and parts.path):
            self.problems.append(f"{name} is neither file:///FOLDER nor the https URL of a container of blobs")
        if parts.query or parts.fragment:
            self.problems.append(f"{name} must end behind its path, without a signature: a managed identity logs in")
        return text.rstrip("/")

    def ingestion(self, name: str) -> str | None:
        """An Application Insights connection string."""
        return self._read_by(ingestion_of, name)

    def telemetry_identity(self, name: str) -> str | None:
        """An Application Insights authentication string."""
        return self._read_by(identity_of, name)

    def _read_by(self, parse: Callable[[str], object], name: str) -> str | None:
        text = self.text(name)
        try:
            if text is not None:
                parse(text)
        except ValueError as problem:
            self.problems.append(f"{name} {problem}")
        return text

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
        parts = parts_of(url)
        if not url:
            self.problems.append(f"{name} is missing")
        elif parts.scheme not in schemes or not parts.hostname:
            self.problems.append(
                f"{name} is not a URL that begins with {schemes[0]}://, with %XX for what is no letter"
            )
        return url, parts
