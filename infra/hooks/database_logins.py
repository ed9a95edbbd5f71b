"""Logins of the database tied to managed identities: a token of the identity is then the login's password.

The roles are there already, with their rights (sql/roles.sql), so they are labelled and not made. Labels are of the
server; Azure asks for the database postgres.
"""

import re
from typing import Any

import psycopg
from psycopg import sql

from infra.hooks.deployment import Deployment, HookRefused

PROVIDER = "pgaadauth"
IDENTITIES = {
    "zava_app": "server_object_id",
    "zava_jobs": "server_object_id",
    "zava_keys": "keys_object_id",
    "zava_backup": "backup_object_id",
    "zava_verify": "backup_object_id",
}
"""Login → the field of Deployment that holds the object id of its identity."""

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LABELS = """
SELECT role.rolname, label.label FROM pg_catalog.pg_roles AS role
LEFT JOIN pg_catalog.pg_shseclabel AS label
    ON label.objoid = role.oid AND label.classoid = 'pg_catalog.pg_authid'::regclass AND label.provider = %s
WHERE role.rolname = ANY (%s)
"""


def wanted_labels(deployment: Deployment) -> dict[str, str]:
    """Login → label. Raises HookRefused."""
    deployment.need(*IDENTITIES.values())
    for field in IDENTITIES.values():
        if not _OBJECT_ID.fullmatch(getattr(deployment, field)):
            raise HookRefused(f"{field.upper()} is no object id")
    return {role: f"aadauth,oid={getattr(deployment, field)},type=service" for role, field in IDENTITIES.items()}


def label_logins(connection: psycopg.Connection[Any], deployment: Deployment, *, dry_run: bool = False) -> list[str]:
    """What was done, a sentence each. The connection is an Entra administrator's."""
    wanted = wanted_labels(deployment)
    found = dict(connection.execute(_LABELS, (PROVIDER, list(wanted))).fetchall())
    if absent := sorted(wanted.keys() - found.keys()):
        raise HookRefused(f"there is no role {', '.join(absent)}: migrate first")
    done = []
    with connection.transaction():
        for role, label in wanted.items():
            if found[role] == label:
                continue
            done.append(f"{role} is tied to {label.split(',')[1].removeprefix('oid=')}")
            if not dry_run:
                statement = sql.SQL("SECURITY LABEL FOR {} ON ROLE {} IS {}")
                names = sql.Identifier(PROVIDER), sql.Identifier(role), sql.Literal(label)
                connection.execute(statement.format(*names))
    return done or ["nothing to do"]
