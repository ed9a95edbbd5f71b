"""The proof with rows: two canary stores are planted, looked at through every kind of principal, and rolled back.

It shows what canaries without rights cannot: that who may see rows sees its own, all of them, and nobody else's, and
that this follows when a grant is withdrawn, an order deleted, a customer moved. Here is also what is too dear for the
gate: whether all visits are as the orders say.
"""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from shared.database.queries import named_queries
from shared.database.schema import hmac_pads
from shared.domain import Domain
from shared.isolation.attestation import Attestation, Check, Finding
from shared.retail import RETAIL
from shared.rls_context import principal_id_of, sign_context

VISITS = Check(
    "visits",
    "access.visits has the customers who ordered besides their primary store, and no others.",
    "Lock retail.orders and retail.customers, empty access.visits and fill it as migration 0004 does.",
)
CANARY_ROWS = Check(
    "canary_rows",
    "Principals of two planted stores see exactly their own rows, also after changes; the head office sees all.",
    "Deploy the schema of this release again.",
)
CHECKS = (VISITS, CANARY_ROWS)

type _Seen = dict[str, tuple[int, int]]
"""Rows visible, and how many of them are canaries', by table."""

_FIRST, _SECOND, _BOTH = frozenset({0}), frozenset({1}), frozenset({0, 1})
"""The two stores."""


@dataclass(frozen=True)
class _World:
    """What there is of canaries: the stores of each principal and customer, and customer and store of each order."""

    grants: Mapping[str, frozenset[int]]
    homes: Sequence[int]
    orders: Sequence[tuple[int, int]]

    def seen_in(self, stores: frozenset[int]) -> dict[str, int]:
        """How many rows of each table of retail belong to some of the stores; an order has one line."""
        orders = [buyer for buyer, store in self.orders if store in stores]
        customers = [number for number, home in enumerate(self.homes) if home in stores or number in orders]
        return {
            "retail.inventory": len(stores),
            "retail.customers": len(customers),
            "retail.orders": len(orders),
            "retail.order_items": len(orders),
        }


_ROLES = {"first": "store_manager", "second": "store_manager", "region": "regional_manager", "all": "super_admin"}
_PLANTED = _World(
    grants={"first": _FIRST, "second": _SECOND, "region": _BOTH, "all": _BOTH, "nobody": frozenset()},
    homes=(0, 1, 0),
    orders=((0, 0), (1, 1), (2, 1)),
)
_WITHDRAWN = replace(_PLANTED, grants={**_PLANTED.grants, "region": _FIRST})
_DELETED = replace(_WITHDRAWN, orders=_WITHDRAWN.orders[:2])
_MOVED = replace(_DELETED, homes=(1, 1, 1))
_CHANGES = (
    ((), "", _PLANTED),
    (("withdraw_grant",), " after a grant is withdrawn", _WITHDRAWN),
    (("delete_lines", "delete_order"), " after an order is deleted", _DELETED),
    (("move_customers",), " after customers have moved", _MOVED),
)
"""Statements, when that is, and what is there then."""


@dataclass(frozen=True)
class _Viewer:
    """Who looks, and narrowed to which of the two stores."""

    name: str
    principal: str
    scope: int | None = None

    def stores(self, world: _World) -> frozenset[int]:
        return world.grants[self.principal] & (_BOTH if self.scope is None else {self.scope})


_HEAD_OFFICE = _Viewer("the head office", "all")
_VIEWERS = (
    _Viewer("the first store's manager", "first"),
    _Viewer("the second store's manager", "second"),
    _Viewer("the region's manager", "region"),
    _Viewer("the region's manager narrowed to the first store", "region", 0),
    _Viewer("the region's manager narrowed to the second store", "region", 1),
    _Viewer("the first store's manager narrowed to the second", "first", 1),
    _Viewer("the head office narrowed to the first store", "all", 0),
    _Viewer("a principal without grants", "nobody"),
)


def with_rows(
    attestation: Attestation, owner_url: str, password: str | None = None, domain: Domain = RETAIL
) -> Attestation:
    """The attestation and what rows show besides. See prove_with_rows."""
    began = time.perf_counter()
    findings = prove_with_rows(owner_url, password, domain)
    return replace(
        attestation,
        findings=(*attestation.findings, *findings),
        seconds=attestation.seconds + time.perf_counter() - began,
        checks=(*attestation.checks, *CHECKS),
    )


def prove_with_rows(owner_url: str, password: str | None = None, domain: Domain = RETAIL) -> list[Finding]:
    """What stands against CHECKS. The URL is one of a login that may SET ROLE to zava_owner and to zava_app.

    password: where the URL has none. domain: whose tables of tenants get a row of each store as well.

    Raises psycopg.Error where it cannot be carried out. Nothing stays: no row, and no number of a sequence.
    """
    with (
        psycopg.connect(owner_url, password=password, autocommit=True, connect_timeout=5) as connection,
        connection.transaction(force_rollback=True),
    ):
        connection.execute("SET LOCAL lock_timeout = '5s'")
        connection.execute("SET LOCAL ROLE zava_owner")
        return [*_stale_visits(connection), *_canary_findings(connection, domain)]


def _stale_visits(connection: psycopg.Connection[Any]) -> list[Finding]:
    [(stale,)] = connection.execute(named_queries("canary_rows")["stale_visits"]).fetchall()
    return [Finding(VISITS.name, "access.visits", f"has {stale} rows other than the orders say")] if stale else []


def _canary_findings(connection: psycopg.Connection[Any], domain: Domain) -> list[Finding]:
    queries, own_queries = named_queries("canary_rows"), _queries_of(domain)
    canaries = _canaries(connection)
    for name, statement in (*queries.items(), *own_queries.items()):
        if name.startswith("plant_"):
            connection.execute(statement, canaries.values)
    canaries = replace(canaries, seen=" UNION ALL ".join(each["seen"] for each in (queries, own_queries) if each))
    looks = [(_HEAD_OFFICE, "", _seen(connection, canaries))]
    one_a_store = [name for name in looks[0][2] if not name.startswith("retail.")]
    findings = [*_without_canaries(domain, looks[0][2]), *_found(connection, canaries, looks)]
    for statements, when, world in _CHANGES:
        for name in statements:
            connection.execute(queries[name], canaries.values)
        looks = [(viewer, when, _own(world, viewer, one_a_store)) for viewer in _VIEWERS]
        findings += _found(connection, canaries, looks)
    return findings


def _queries_of(domain: Domain) -> dict[str, str]:
    """A domain's own canaries: statements plant_…, each a row of both stores, and seen."""
    return named_queries("canary_rows", domain.sql / "queries") if domain.sql else {}


def _without_canaries(domain: Domain, seen: _Seen) -> Iterator[Finding]:
    """Tables of tenants that nobody looks at, or in which nothing was planted."""
    for name, table in domain.tables.items():
        if table.tenant and seen.get(f"{domain.schema}.{name}", (0, 0))[1] == 0:
            yield Finding(
                CANARY_ROWS.name, f"{domain.schema}.{name}", "has no canaries, so that nothing is known of it"
            )


def _own(world: _World, viewer: _Viewer, one_a_store: Iterable[str]) -> _Seen:
    """No row but canaries."""
    stores = viewer.stores(world)
    counts = world.seen_in(stores) | {table: len(stores) for table in one_a_store}
    return {table: (count, count) for table, count in counts.items()}


def _found(
    connection: psycopg.Connection[Any], canaries: "_Canaries", looks: Iterable[tuple[_Viewer, str, _Seen]]
) -> Iterator[Finding]:
    """What each viewer sees, as the callers' login, that is not what it must see at that time."""
    connection.execute("SET LOCAL ROLE zava_app")
    for viewer, when, wanted in looks:
        subject = viewer.name + when
        context = canaries.context_of(viewer)
        if connection.execute("SELECT access.enter_context(%s)", (context,)).fetchone() != (True,):
            yield Finding(CANARY_ROWS.name, subject, "is refused")
        for table, seen in _seen(connection, canaries).items():
            if seen != wanted[table]:
                found = f"{seen[0]} rows of {table}, {seen[1]} of them canaries'"
                yield Finding(CANARY_ROWS.name, subject, f"sees {found}, instead of {wanted[table]}")
    connection.execute("SET LOCAL ROLE zava_owner")


@dataclass(frozen=True)
class _Canaries:
    """What is planted, and the key to sign for it."""

    values: Mapping[str, Any]
    objects: Mapping[str, UUID]
    key: bytes
    seen: str = ""
    """The statement that looks at all tables."""

    def context_of(self, viewer: _Viewer) -> str:
        principal = principal_id_of(self.values["tenant"], self.objects[viewer.principal])
        scope = None if viewer.scope is None else self.values[f"scope_{viewer.scope}"]
        return sign_context(self.key, self.values["kid"], principal, scope)


def _canaries(connection: psycopg.Connection[Any]) -> _Canaries:
    mark = f"canary-{secrets.token_hex(8)}"
    key = secrets.token_bytes(32)
    inner_pad, outer_pad = hmac_pads(key)
    objects = {name: uuid4() for name in (*_ROLES, "nobody")}
    grants = [(name, store) for name in _ROLES if name != "all" for store in _PLANTED.grants[name]]
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
        "region": objects["region"],
        "granted": [objects[name] for name, _ in grants],
        "numbers": [store for _, store in grants],
        "homes": list(_PLANTED.homes),
        "buyers": [buyer for buyer, _ in _PLANTED.orders],
        "places": [store for _, store in _PLANTED.orders],
    }
    return _Canaries(values, objects, key)


def _seen(connection: psycopg.Connection[Any], canaries: _Canaries) -> _Seen:
    rows = connection.execute(canaries.seen.encode(), canaries.values).fetchall()
    return {table: (visible, canaries) for table, visible, canaries in rows}
