"""Application Insights' two strings in, where telemetry goes and by which identity out."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from shared import loopback

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Ingestion:
    """Where items are sent, and as whose."""

    url: str
    key: str = field(repr=False)


def ingestion_of(connection_string: str, *, with_token: bool = False) -> Ingestion:
    """with_token: on the path that reads tokens of Entra. Raises ValueError, which says what is wrong, no value."""
    values = _values(connection_string)
    key, endpoint = values.get("instrumentationkey", ""), values.get("ingestionendpoint", "")
    if not GUID.fullmatch(key):
        raise ValueError("has no InstrumentationKey that is a GUID")
    try:
        url = urlsplit(endpoint)
        host, _ = url.hostname, url.port
    except ValueError:
        raise ValueError("has an IngestionEndpoint that is no URL") from None
    if url.scheme != "https" and not (url.scheme == "http" and host in loopback.HOSTS):
        raise ValueError("has no IngestionEndpoint that begins with https://")
    if not host or url.username or url.password or url.query or url.fragment:
        raise ValueError("has an IngestionEndpoint that is more or less than a host and a path")
    return Ingestion(f"{endpoint.rstrip('/')}/{'v2.1' if with_token else 'v2'}/track", key)


def identity_of(authentication_string: str) -> str | None:
    """The client id in `Authorization=AAD;ClientId=…`, None for the system-assigned identity; raises ValueError."""
    values = _values(authentication_string)
    client_id = values.get("clientid", "")
    if values.get("authorization", "").upper() != "AAD" or values.keys() - {"authorization", "clientid"}:
        raise ValueError("is not Authorization=AAD, with a ClientId or without")
    if client_id and not GUID.fullmatch(client_id):
        raise ValueError("has a ClientId that is no GUID")
    return client_id or None


def _values(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
