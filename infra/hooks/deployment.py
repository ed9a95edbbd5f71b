"""One environment of azd: what its parameters and the outputs of main.bicep say, as hooks are given them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit


class HookRefused(Exception):
    """A step cannot be done as things are; the message is for the person at the terminal."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Each field is the variable of that name; empty where it is not set."""

    azure_env_name: str = ""
    azure_tenant_id: str = ""
    azure_subscription_id: str = ""
    azure_resource_group: str = ""
    service_mcp_name: str = ""
    """Of the function app."""
    mcp_url: str = ""
    server_object_id: str = ""
    keys_object_id: str = ""
    backup_object_id: str = ""
    migrations_client_id: str = ""
    migrations_login: str = ""
    database_host: str = ""
    database_name: str = ""
    verification_database_name: str = ""
    zava_auth_client_id: str = ""
    """Of the app registration; empty before there is one."""
    zava_auth_audience: str = ""
    zava_allowed_client_ids: str = ""
    zava_public_base_url: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Deployment":
        """What is set of it."""
        names = [field.name for field in dataclasses.fields(cls)]
        return cls(**{name: environ.get(name.upper(), "").strip() for name in names})

    def need(self, *names: str) -> None:
        """Raises HookRefused that names each variable of these that is empty."""
        if missing := [name.upper() for name in names if not getattr(self, name)]:
            raise HookRefused(f"{', '.join(missing)} missing: `azd env get-values` has what `azd provision` made")

    @property
    def clients(self) -> list[str]:
        """Ids of the client applications that may call."""
        return [part.strip() for part in self.zava_allowed_client_ids.split(",") if part.strip()]

    @property
    def base_url(self) -> str:
        """Of the app, without a path."""
        url = urlsplit(self.mcp_url)
        return f"{url.scheme}://{url.netloc}"

    def database_url(self, database: str, certificates: str) -> str:
        """Of the login that migrates, without password. certificates: a file of authorities that are trusted."""
        login, trusted = quote(self.migrations_login, safe=""), quote(certificates, safe="/")
        return f"postgresql://{login}@{self.database_host}:5432/{database}?sslmode=verify-full&sslrootcert={trusted}"
