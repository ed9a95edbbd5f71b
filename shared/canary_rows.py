"""The proof with rows: two canary stores are planted, looked at through every kind of principal, and rolled back.

It shows what canaries without rights cannot: that who may see rows sees its own, all of them, and nobody else's.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from shared.attestation import Check, Finding
from shared.queries import named_queries
from shared.rls_context import principal_id_of, sign_context
from shared.schema import hmac_pads

CANARY_ROWS = Check(
    "canary_rows",
    "Principals of two planted stores see exactly their own rows; the head office sees all.",
    "Deploy the schema of this release again.",
)

type Counts = tuple[int, int, int, int]
"""Rows of each of TABLES."""

TABLES = ("inventory", "customers", "orders", "order_items")

_NOTHING: Counts = (0, 0, 0, 0)
_FIRST: Counts = (1, 2, 1, 1)
_SECOND: Counts = (1, 2, 2, 2)
_BOTH: Counts = (2, 3, 3, 3)


@dataclass(frozen=True)
class _Viewer:
    """Who looks, narrowed to which of the two stores, and how many canary rows it must see."""

    name: str
    principal: str
    scope: int | None
    canaries: Counts
    sees_others: bool = False


_ROLES = {"first": "store_manager", "second": "store_manager", "both": "regional_manager", "all": "super_admin"}
_GRANTS = (("first", 0), ("second", 1), ("both", 0), ("both", 1))
_VIEWERS = (
    _Viewer("the first store's manager", "first", None, _FIRST),
    _Viewer("the second store's manager", "second", None, _SECOND),
    _Viewer("the region's manager", "both", None, _BOTH),
    _Viewer("the region's manager narrowed to the first store", "both", 0, _FIRST),
    _Viewer("the region's manager narrowed to the second store", "both", 1, _SECOND),
    _Viewer("the first store's manager narrowed to the second", "first", 1, _NOTHING),
    _Viewer("the head office", "all", None, _BOTH, sees_others=True),
    _Viewer("the head office narrowed to the first store", "all", 0, _FIRST),
    _Viewer("a principal without grants", "nobody", None, _NOTHING),
)


def prove_with_rows(owner_url: str) -> list[Finding]:
    """What stands against CANARY_ROWS. The URL is one of a login that may SET ROLE to zava_owner and to zava_app.

    Raises psycopg.Error where it cannot be carried out. Nothing stays: no row, and no number of a sequence.
    """
    with (
        psycopg.connect(owner_url, autocommit=True, connect_timeout=5) as connection,
        connection.transaction(force_rollback=True),
    ):
        connection.execute("SET LOCAL lock_timeout = '5s'")
        connection.execute("SET LOCAL ROLE zava_owner")
        return _findings(connection)


def _findings(connection: psycopg.Connection[Any]) -> list[Finding]:
    queries = named_queries("canary_rows")
    canaries = _canaries(connection)
    connection.execute(queries["plant"], canaries.values)
    everything = _seen(connection, canaries.values)
    connection.execute("SET LOCAL ROLE zava_app")
    findings = []
    for viewer in _VIEWERS:
        context = canaries.context_of(viewer)
        if connection.execute("SELECT access.enter_context(%s)", (context,)).fetchone() != (True,):
            findings.append(Finding(CANARY_ROWS.name, viewer.name, "is refused"))
        seen = _seen(connection, canaries.values)
        for table, expected in zip(TABLES, viewer.canaries, strict=True):
            wanted = (everything[table][0] if viewer.sees_others else expected, expected)
            if seen[table] != wanted:
                found = f"{seen[table][0]} rows of retail.{table}, {seen[table][1]} of them canaries'"
                findings.append(Finding(CANARY_ROWS.name, viewer.name, f"sees {found}, instead of {wanted}"))
    return findings


@dataclass(frozen=True)
class _Canaries:
    """What is planted, and the key to sign for it."""

    values: Mapping[str, Any]
    objects: Mapping[str, UUID]
    key: bytes

    def context_of(self, viewer: _Viewer) -> str:
        principal = principal_id_of(self.values["tenant"], self.objects[viewer.principal])
        scope = None if viewer.scope is None else self.values[f"scope_{viewer.scope}"]
        return sign_context(self.key, self.values["kid"], principal, scope)


def _canaries(connection: psycopg.Connection[Any]) -> _Canaries:
    mark = f"canary-{secrets.token_hex(8)}"
    key = secrets.token_bytes(32)
    inner_pad, outer_pad = hmac_pads(key)
    objects = {name: uuid4() for name in (*_ROLES, "nobody")}
    with connection.cursor(row_factory=dict_row) as cursor:
        [numbers] = cursor.execute(named_queries("canary_rows")["free_numbers"]).fetchall()
    values = {
        **numbers,
        "mark": mark,
        "kid": mark,
        "inner_pad": inner_pad,
        "outer_pad": outer_pad,
        "tenant": uuid4(),
        "scope_0": uuid4(),
        "scope_1": uuid4(),
        "objects": [objects[name] for name in _ROLES],
        "roles": list(_ROLES.values()),
        "granted": [objects[name] for name, _ in _GRANTS],
        "numbers": [number for _, number in _GRANTS],
    }
    return _Canaries(values, objects, key)


def _seen(connection: psycopg.Connection[Any], values: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Rows visible, and how many of them are canaries', by table."""
    rows = connection.execute(named_queries("canary_rows")["seen"], values).fetchall()
    return {table: (visible, canaries) for table, visible, canaries in rows}
