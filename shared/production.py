"""What a process on Azure refuses: values that are good on a laptop only."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import parse_qs

from shared.url_parts import parts_of

AZURE_MARKS = ("WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME", "WEBSITE_SKU", "IDENTITY_ENDPOINT")
"""Variables that App Service and Functions set on each of their plans, and neither Core Tools nor the local host."""
LOCAL_TENANT_ID = "bcf1ba44-40e2-4a94-9140-20464f825e2b"
"""The tenant of the local token issuer, whose key lies on every laptop."""
WEB_URLS = ("MCP_SERVER_URL", "ENTRA_AUTHORITY", "OPENAI_BASE_URL", "KEY_VAULT_URL")


def is_production(environ: Mapping[str, str]) -> bool:
    """Whether this process runs on Azure."""
    return any(environ.get(mark) for mark in AZURE_MARKS)


def development_values(environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable whose value must not go to production. None quotes a value."""
    if environ.get("SECRETS_FILE", "").strip():
        yield "SECRETS_FILE is for a laptop: production has KEY_VAULT_URL"
    if LOCAL_TENANT_ID in environ.get("ENTRA_TENANT_IDS", "").lower():
        yield "ENTRA_TENANT_IDS has the tenant of the local issuer, whose key everybody has"
    for name in WEB_URLS:
        if (url := environ.get(name, "").strip()) and not _is_public(url):
            yield f"{name} must be an https URL of another machine in production"
    if environ.get("BACKUP_STORE_URL", "").strip().lower().startswith("file:"):
        yield "BACKUP_STORE_URL must be a container in production: this machine ends, and its disk with it"
    redis = parts_of(environ.get("REDIS_URL", "").strip())
    if redis.geturl() and (redis.scheme != "rediss" or is_this_machine(redis.hostname or "localhost")):
        yield "REDIS_URL must be a rediss URL of another machine in production"
    audiences = [part.strip() for part in environ.get("TOKEN_AUDIENCES", "").split(",")]
    if any(parts_of(each).scheme in ("http", "https") and not _is_public(each) for each in audiences):
        yield "TOKEN_AUDIENCES must not have a URL of this machine in production"
    for name in sorted(environ):
        if name.endswith("_DATABASE_URL") and environ[name].strip():
            yield from (f"{name} {problem} in production" for problem in _of_database(environ[name].strip()))


def _of_database(url: str) -> Iterator[str]:
    parts = parts_of(url)
    said = parse_qs(parts.query, keep_blank_values=True)
    if parts.hostname is None or is_this_machine(parts.hostname):
        yield "must name another machine"
    if said.get("sslmode") != ["verify-full"]:
        yield "must say sslmode=verify-full"
    if parts.password or {"password", "passfile", "service"} & said.keys():
        yield "must not hold a password: a token of the managed identity is one"


def _is_public(url: str) -> bool:
    parts = parts_of(url)
    return parts.scheme == "https" and parts.hostname is not None and not is_this_machine(parts.hostname)


def is_this_machine(host: str) -> bool:
    """Whether a host name, however it is written, leads back to this machine."""
    name = host.lower().rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback or address.is_unspecified
