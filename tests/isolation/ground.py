"""What a campaign is fought over: targets and secrets from the owner, the neighbour, and how the ground looks after."""

import hashlib
import secrets
from contextlib import suppress
from typing import Any, Protocol

import psycopg

from tests.conftest import KEY, PASSWORDS, Database, caller_of, context_of
from tests.isolation.attack import Target
from tests.isolation.contexts import forged_contexts
from tests.isolation.detector import Eyes
from tests.isolation.families.reading import TABLES, neighbours_lock
from tests.isolation.words import Words, in_words

KIRKLAND = 7
SMALLEST_TELLING_NUMBER = 600
"""Smaller counts are found by chance in catalogues."""

_FINGERPRINTS = {
    "roles": "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin FROM pg_authid",
    "passwords": "SELECT rolname, rolpassword FROM pg_authid",
    "memberships": "SELECT roleid, member FROM pg_auth_members",
    "role settings": "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting",
    "server settings": "SELECT name, reset_val FROM pg_settings WHERE source IN ('configuration file', 'command line')",
    "databases": "SELECT datname, datacl FROM pg_database WHERE datname = current_database()",
    "schemas": "SELECT nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast_temp)_'",
    "relations": "SELECT oid, relname, relkind, relowner, relacl, relrowsecurity, relforcerowsecurity FROM pg_class",
    "columns": "SELECT attrelid, attname, atttypid, attacl FROM pg_attribute WHERE attnum > 0",
    "functions": "SELECT oid, proname, prosrc, proacl, proconfig, prosecdef FROM pg_proc",
    "types": "SELECT oid, typname FROM pg_type",
    "casts": "SELECT oid FROM pg_cast",
    "operators": "SELECT oid, oprname FROM pg_operator",
    "policies": "SELECT polname, polrelid, polroles, pg_get_expr(polqual, polrelid) FROM pg_policy",
    "triggers": "SELECT tgrelid, tgname FROM pg_trigger",
    "rules": "SELECT ev_class, rulename FROM pg_rewrite",
    "extensions": "SELECT extname, extversion FROM pg_extension",
    "languages": "SELECT lanname, lanacl FROM pg_language",
    "comments": "SELECT objoid, classoid, objsubid, description FROM pg_description",
    "labels": "SELECT * FROM pg_seclabels",
    "publications": "SELECT pubname FROM pg_publication",
    "replication slots": "SELECT slot_name FROM pg_replication_slots",
    "prepared transactions": "SELECT gid FROM pg_prepared_xacts",
    "sequences": "SELECT schemaname, sequencename, last_value FROM pg_sequences",
    "large objects": "SELECT oid FROM pg_largeobject_metadata",
    "default privileges": "SELECT defaclrole, defaclobjtype, defaclacl FROM pg_default_acl",
}
_EVERY_TABLE = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE tableowner = 'zava_owner'"
_FOREIGN_NUMBERS = (
    "SELECT v::bigint FROM pg_class AS c, unnest(ARRAY[c.reltuples, c.relpages, pg_relation_size(c.oid),"
    " pg_table_size(c.oid), pg_indexes_size(c.oid), pg_total_relation_size(c.oid)]) AS v"
    " WHERE c.relnamespace = 'retail'::regnamespace AND relkind = 'r'"
    " AND c.relname IN ('orders', 'order_items', 'customers')"
)


class Ground(Protocol):
    """A database whose owner one can ask."""

    name: str
    words: Words

    def as_superuser(self) -> psycopg.Connection[Any]: ...


def fingerprint(database: Ground) -> dict[str, str]:
    """A hash of every part of the database that could be changed, by its name."""
    with database.as_superuser() as superuser:
        found = {part: _hash(superuser, query) for part, query in _FINGERPRINTS.items()}
        for (table,) in superuser.execute(_EVERY_TABLE).fetchall():
            rows = f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} AS t"
            found[f"rows of {table}"] = _hash(superuser, rows)
    return found


def _hash(superuser: psycopg.Connection[Any], query: str) -> str:
    rows = superuser.execute(query.encode()).fetchall()
    return hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest()


def changed_parts(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {part for part in before.keys() | after.keys() if before.get(part) != after.get(part)}


def target_in(database: Ground, marker: str) -> Target:
    """Foreign rows to ask for; the owner knows them."""
    with database.as_superuser() as owner:
        [(order_id, order_item_id)] = owner.execute(
            _asked(
                database,
                "SELECT order_id, order_item_id FROM retail.order_items WHERE store_id = 1 AND order_item_id NOT IN"
                " (SELECT order_item_id FROM retail.order_items WHERE store_id = 7)"
                " AND order_id > (SELECT max(order_id) / 2 FROM retail.orders)"
                " ORDER BY order_id LIMIT 1",
            )
        ).fetchall()
        [(customer_id, email, phone)] = owner.execute(
            _asked(
                database,
                "SELECT customer_id, email, phone FROM retail.customers AS c WHERE primary_store_id = 1 AND phone <> ''"
                " AND NOT EXISTS (SELECT FROM retail.orders AS o WHERE o.customer_id = c.customer_id AND store_id = 7)"
                " AND customer_id > 1000 ORDER BY customer_id LIMIT 1",
            )
        ).fetchall()
    return Target(
        database=database.name,
        order_id=order_id,
        order_item_id=order_item_id,
        customer_id=customer_id,
        email=email,
        phone=phone,
        head_office=str(caller_of("head-office").principal_id),
        kid=KEY.version,
        password=PASSWORDS["zava_app"],
        marker=marker,
        forged_contexts=forged_contexts(),
        words=database.words,
    )


def eyes_of(name: str, database: Ground, marker: str) -> Eyes:
    """What is foreign to kirkland or to nobody."""
    own = KIRKLAND if name == "kirkland" else 0
    with database.as_superuser() as owner:
        emails = owner.execute(
            _asked(
                database,
                "SELECT email FROM retail.customers AS c WHERE primary_store_id <> %(own)s AND NOT EXISTS"
                " (SELECT FROM retail.orders AS o WHERE o.customer_id = c.customer_id AND o.store_id = %(own)s)",
            ),
            {"own": own},
        ).fetchall()
        numbers = {number for (number,) in owner.execute(_asked(database, _FOREIGN_NUMBERS)).fetchall()}
        counts = {
            table: owner.execute(
                _asked(database, f"SELECT {tenant}, count(*) FROM retail.{table} GROUP BY 1")
            ).fetchall()
            for table in TABLES
            if table != "inventory"  # as many as there are products, everywhere
            for tenant in ["primary_store_id" if table == "customers" else "store_id"]
        }
        keys = owner.execute(
            "SELECT encode(inner_pad, 'hex') FROM access.signing_keys"
            " UNION SELECT encode(outer_pad, 'hex') FROM access.signing_keys"
            " UNION SELECT rolpassword FROM pg_authid WHERE rolpassword <> ''"
            " UNION SELECT object_id::text FROM access.principals WHERE object_id <> %s",
            (caller_of(name).object_id,),
        ).fetchall()
    for of_table in counts.values():
        numbers |= {sum(count for _, count in of_table)} | {count for store, count in of_table if store != own}
    return Eyes(
        name=name,
        orders=dict(counts["orders"]).get(own, 0),
        stores=frozenset({own}) if own else frozenset(),
        foreign_emails=frozenset(email for (email,) in emails),
        foreign_numbers=frozenset(number for number in numbers if number >= SMALLEST_TELLING_NUMBER),
        secrets=frozenset(key for (key,) in keys) | {KEY.value, KEY.key().hex()},
        marker=marker,
    )


def _asked(database: Ground, statement: str) -> bytes:
    """In the words of the ground's schema."""
    return in_words(statement, database.words).encode()


def new_marker() -> str:
    return f"neighbour_{secrets.token_hex(6)}"


class Neighbour:
    """Another caller's session on the same login: it has run, prepared, opened and locked something."""

    def __init__(self, database: Database, marker: str) -> None:
        self._database, self._marker = database, marker
        self._connection = self._connected()

    def __enter__(self) -> "Neighbour":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def disturbed(self) -> bool:
        """Whether somebody ended it; it is then there again."""
        with suppress(psycopg.Error):
            self._connection.execute(f"SELECT '{self._marker}'".encode())
            return False
        self._connection.close()
        self._connection = self._connected()
        return True

    def _connected(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._database.app_url, autocommit=True, application_name=self._marker)
        connection.execute("SELECT set_config('app.rls_context', %s, false)", (context_of("seattle", seconds=600),))
        connection.execute(f"PREPARE {self._marker} AS SELECT '{self._marker}'".encode())
        held = _asked(self._database, "SELECT email FROM retail.customers LIMIT 3")
        connection.execute(f"DECLARE {self._marker} CURSOR WITH HOLD FOR ".encode() + held)
        connection.execute("SELECT pg_advisory_lock(%s)", (neighbours_lock(self._marker),))
        connection.execute(f"SELECT '{self._marker}'".encode())
        return connection


def as_on_azure(database: Database) -> None:
    """Takes back what sql/lockdown.sql revoked, for an administrator who is no superuser could not have revoked it."""
    with database.as_superuser() as superuser, superuser.transaction():
        superuser.execute("SET LOCAL allow_system_table_mods = on")
        for catalogue, acl in (("pg_proc", "proacl"), ("pg_class", "relacl")):
            superuser.execute(
                f"UPDATE {catalogue} AS o SET {acl} = (SELECT initprivs FROM pg_init_privs AS i"
                f" WHERE i.objoid = o.oid AND i.classoid = '{catalogue}'::regclass AND i.objsubid = 0)"
                f" WHERE o.oid < 16384".encode()
            )
        superuser.execute(
            "UPDATE pg_attribute AS a SET attacl = (SELECT initprivs FROM pg_init_privs AS i WHERE"
            " i.objoid = a.attrelid AND i.classoid = 'pg_class'::regclass AND i.objsubid = a.attnum)"
            " WHERE a.attrelid < 16384 AND a.attacl IS NOT NULL"
        )
