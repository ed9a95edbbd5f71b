"""Connections of all instances together are within what logins may have and the server has."""

import re
from collections.abc import Iterator

from infra.checks.finding import Finding
from infra.checks.infrastructure import Infrastructure
from shared.database.pool import JOBS_CONNECTIONS, PROBE_CONNECTIONS

SERVER_CONNECTIONS = {"Standard_B2s": 414, "Standard_D4ds_v5": 1703}
"""Of users, by SKU: Azure's table of 2026-11, which `max_connections` of a new server follows."""
OTHERS = 10 + 5 + 5 + 10
"""zava_backup, zava_keys and zava_verify at their limits, and ten people."""
POOLER_CLIENTS = 5000
"""pgbouncer.max_client_conn where nothing else is said."""


def check_connections(infrastructure: Infrastructure) -> Iterator[Finding]:
    """For both profiles, with every instance running and every pool full."""
    main = infrastructure.main
    if main not in infrastructure.files:
        return
    text = main.read_text()
    roles = (infrastructure.repository / "sql/roles.sql").read_text()
    limits = {name: int(most) for name, most in re.findall(r"ALTER ROLE (\w+) LOGIN.* CONNECTION LIMIT (\d+);", roles)}
    for profile, at in (("prod", 0), ("dev", 1)):
        said = {name: _choice(text, name, at) for name in ("maximumInstanceCount", "POOL_MAX_SIZE")}
        sku = _choice(text, "skuName", at, r"Standard_[BDE]\d\w*")
        port = _choice(text, "callersPort", at)
        if None in said.values() or port is None or sku is None:
            yield Finding(
                "infra/bicep/main.bicep", 1, "connections", f"{profile}: not of the form that this check reads"
            )
            continue
        instances, pool = int(said["maximumInstanceCount"] or 0), int(said["POOL_MAX_SIZE"] or 0)
        most = SERVER_CONNECTIONS.get(sku)
        callers, jobs = instances * (pool + PROBE_CONNECTIONS), instances * JOBS_CONNECTIONS
        pooled = port == "6432"
        shared = _pool_size(infrastructure) if pooled else callers
        if pooled and callers > POOLER_CLIENTS:
            yield _finding(profile, f"{callers} clients of PgBouncer, which takes {POOLER_CLIENTS}")
        for login, needed in (("zava_app", shared), ("zava_jobs", jobs)):
            if needed > limits.get(login, 0):
                yield _finding(profile, f"{needed} connections of {login}, which may have {limits.get(login, 0)}")
        if most is None:
            yield _finding(profile, f"nobody knows how many connections {sku} has")
        elif shared + jobs + OTHERS > most:
            yield _finding(profile, f"{shared + jobs + OTHERS} connections of {most}")


def _choice(text: str, name: str, at: int, value: str = r"\w+") -> str | None:
    """Of `name: prod ? a : b`, with or without quotation marks. value: what a and b look like."""
    found = re.search(rf"\b{name}\s*[:=]\s*prod \? '?({value})'? : '?({value})'?", text)
    return found.group(at + 1) if found else None


def _pool_size(infrastructure: Infrastructure) -> int:
    texts = "\n".join(path.read_text() for path in infrastructure.files)
    found = re.search(r"'pgbouncer.default_pool_size', value: '(\d+)'", texts)
    return int(found[1]) if found else 0


def _finding(profile: str, what: str) -> Finding:
    return Finding("infra/bicep/main.bicep", 1, "connections", f"{profile}: {what}")
