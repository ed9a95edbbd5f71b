"""What the server proves about its database: that the login, its policies and its functions keep tenants apart.

Catalogue checks (sql/queries/attestation.sql) find what is not as sql/ describes it; canaries find what the catalogue
cannot show: contexts that must see nothing are entered, and see nothing. Two round trips, as the login of the callers.
"""

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from shared.database.connection import Connection
from shared.database.queries import named_queries
from shared.database.role_settings import settings_of_this_release
from shared.database.schema import SQL_FOLDER
from shared.domain import STORE_IDS, Domain, Table
from shared.errors import SecretUnavailable, UnknownSigningKey
from shared.isolation.definitions import definitions_of_this_release, differences
from shared.retail import RETAIL
from shared.rls_context import sign_context
from shared.vault import Secret

GUARDS: Mapping[str, str] = {name: table.condition for name, table in RETAIL.tables.items()}
"""Every table of retail and its policy's condition, as PostgreSQL prints it but for the white space."""
TASK_GUARD = (
    "((principal_id = ( SELECT (access.verified_caller()).principal_id AS principal_id)) AND"
    f" (((result IS NULL) AND (input_requests IS NULL)) OR (store_ids <@ {STORE_IDS})))"
)
"""The same of ops.tasks."""


WELL_SIGNED = "a principal without grants"
NAMED = 8
"""Findings of a check that a report names; the log has all."""


@dataclass(frozen=True)
class Check:
    """One thing to prove: the sentence that holds, and what to do where it does not."""

    name: str
    claim: str
    remedy: str


_DEPLOY = "Deploy the schema of this release again."
_TRIGGERS = f"{_DEPLOY} DROP what is not of it, ENABLE foreign keys."
CHECKS = (
    Check("login", "The login has no right beyond its grants.", _DEPLOY),
    Check("memberships", "The login is a member of no role.", _DEPLOY),
    Check("ownership", "Everything belongs to zava_owner, nothing to the login.", "ALTER … OWNER TO zava_owner."),
    Check("tables", "Every table of callers' data has row-level security enabled and forced.", _DEPLOY),
    Check("policies", "Every table has one policy for the login, held to the signed context.", _DEPLOY),
    Check("indexes", "No index finds rows of other stores.", "DROP it, or put the tenant into it."),
    Check("tasks", "Tasks are held to their principals, and only zava_jobs reads them.", _DEPLOY),
    Check("keys", "Only zava_keys brings signing keys, and nobody reads them.", _DEPLOY),
    Check("audit", "The audit trail is appended to by zava_jobs, read by zava_backup, changed by nobody.", _DEPLOY),
    Check("privileges", "The login reads callers' data and does nothing else anywhere.", _DEPLOY),
    Check("system_privileges", "Nothing that PostgreSQL keeps from everybody is open.", "REVOKE it."),
    Check("functions", "The functions are those of this release, and no others are callable.", _DEPLOY),
    Check("triggers", "The triggers are those of this release, and fire for every writer.", _TRIGGERS),
    Check("settings", "The session has the settings of sql/roles.sql.", _DEPLOY),
    Check("visibility", "What each principal sees is what its grants say.", _DEPLOY),
    Check("canaries", "Contexts without a right are refused and see no row of any table.", _DEPLOY),
)


@dataclass(frozen=True)
class Finding:
    """What stands against a check. It names objects of the database, never a secret or a row."""

    check: str
    subject: str
    problem: str

    def __str__(self) -> str:
        return f"{self.subject} {self.problem}"


@dataclass(frozen=True)
class Attestation:
    """The outcome of all checks."""

    findings: tuple[Finding, ...]
    checked_at: datetime
    seconds: float
    key: str | None = None
    """The version of the signing key that the canaries were entered with; None where it came to none."""
    checks: tuple[Check, ...] = CHECKS

    @property
    def holds(self) -> bool:
        """Whether tenants are isolated, as far as anybody can prove."""
        return not self.findings

    def report(self) -> dict[str, Any]:
        """For people and programs that may know: JSON-serialisable."""
        return {
            "holds": self.holds,
            "checked_at": self.checked_at.isoformat(timespec="seconds"),
            "duration_ms": round(self.seconds * 1000),
            "checks": [self._outcome(check) for check in self.checks],
        }

    def _outcome(self, check: Check) -> dict[str, Any]:
        found = [str(finding) for finding in self.findings if finding.check == check.name]
        if len(found) > NAMED:
            found[NAMED:] = [f"and {len(found) - NAMED} more"]
        detail = f"{'; '.join(found)}. {check.remedy}" if found else check.claim
        return {"name": check.name, "holds": not found, "detail": detail}


async def attest(connection: Connection, keys: Sequence[Secret], domain: Domain = RETAIL) -> Attestation:
    """The proof over one connection of the callers' login.

    keys: signing keys to try. domain: what the database serves; retail's tables are in each. Raises UnknownSigningKey
    where the database knows none of the keys, psycopg.OperationalError where it does not answer.
    """
    began, checked_at = time.perf_counter(), datetime.now(UTC)
    findings, key = await _catalogue_findings(connection, domain), None
    try:
        key, seen = await _canary_findings(connection, keys, domain)
        findings += seen
    except UnknownSigningKey:
        if not findings:  # else they may well be the reason
            raise
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:  # such as a function that is gone, or that the login may not call
        findings.append(Finding("canaries", "the probe", f"fails: {error.diag.message_primary}"))
    return Attestation(tuple(findings), checked_at, time.perf_counter() - began, key)


@asynccontextmanager
async def _one_round_trip(connection: Connection) -> AsyncIterator[None]:
    """A transaction that leaves nothing; its answers can be fetched behind it."""
    try:
        async with connection.pipeline():
            await connection.execute("BEGIN READ ONLY")
            yield
            await connection.execute("ROLLBACK")
    except psycopg.Error:
        await connection.rollback()
        raise


async def _catalogue_findings(connection: Connection, domain: Domain) -> list[Finding]:
    queries = named_queries("attestation")
    checks = [check.name for check in CHECKS if check.name in queries]
    expected = _expected(domain)
    async with _one_round_trip(connection):
        found = {"settings": await connection.execute(queries["settings"], expected)}
        # What PostgreSQL prints now has its schema, as in the files.
        await connection.execute("SET LOCAL search_path = pg_catalog")
        for check in checks:
            if check != "settings":
                found[check] = await connection.execute(queries[check], expected)
        defined = await connection.execute(queries["definitions"], expected)
    findings = {Finding(*row) for row in differences(await defined.fetchall(), definitions_of_this_release(domain))}
    for check, cursor in found.items():
        findings |= {Finding(check, *row) for row in await cursor.fetchall()}
    return sorted(findings, key=lambda finding: (checks.index(finding.check), finding.subject, finding.problem))


async def _canary_findings(connection: Connection, keys: Sequence[Secret], domain: Domain) -> tuple[str, list[Finding]]:
    """The version of the key that the canaries flew with, and what they saw.

    Nobody can say with keys that the database does not know: they show nothing to anybody.
    """
    for key in keys:
        with suppress(SecretUnavailable):  # one that is no key may give way to the one before
            known, findings = await _fly(connection, _canaries(key), domain)
            if known or findings:
                return key.version, findings
    raise UnknownSigningKey


async def _fly(connection: Connection, canaries: Mapping[str, str], domain: Domain) -> tuple[bool, list[Finding]]:
    """Whether the canary that is signed as it should be was accepted, and what is wrong with any of them.

    In the same round trip: whether what is seen is still what is granted, for nobody may read either.
    """
    rows_of_tables = _rows_of_tables(domain)
    accepted, seen = {}, {}
    async with _one_round_trip(connection):
        stale = await connection.execute("SELECT access.visibility_is_stale()")
        # Who sees no store is found out from an index, not by reading every tenant's rows eight times.
        await connection.execute("SET LOCAL enable_seqscan = off")
        seen["a session as it begins"] = await connection.execute(rows_of_tables)
        for name, context in canaries.items():
            accepted[name] = await connection.execute("SELECT access.enter_context(%s)", (context,))
            seen[name] = await connection.execute(rows_of_tables)
    entered = {name for name, cursor in accepted.items() if await cursor.fetchone() == (True,)}
    findings = [Finding("canaries", name, "is accepted") for name in canaries if name in entered - {WELL_SIGNED}]
    if await stale.fetchone() != (False,):
        findings.append(Finding("visibility", "access.visibility", "is not what principals, grants and stores say"))
    for name, cursor in seen.items():
        if tables := [table for (table,) in await cursor.fetchall()]:
            findings.append(Finding("canaries", name, f"sees rows of {', '.join(tables)}"))
    return WELL_SIGNED in entered, findings


def _canaries(key: Secret) -> dict[str, str]:
    """Contexts that must see nothing: one signed as it should be, for a principal without grants; the others forged."""
    principal, store = uuid4(), uuid4()
    signed = sign_context(key.key(), key.version, principal)
    narrowed = sign_context(key.key(), key.version, principal, store)
    return {
        WELL_SIGNED: signed,
        "an empty context": "",
        "an expired context": sign_context(key.key(), key.version, principal, seconds=-1),
        "a context with a changed MAC": signed[:-1] + ("0" if signed[-1] != "0" else "1"),
        "a context of an unknown key": sign_context(key.key(), f"unknown-{uuid4()}", principal),
        "a context of another principal": signed.replace(str(principal), str(uuid4())),
        "a context with a widened scope": narrowed.replace(str(store), "*"),
    }


def _tables(domain: Domain) -> dict[str, Table]:
    """Of all data of callers, by name with the schema: retail's are there whatever is served."""
    return {f"{each.schema}.{name}": table for each in (RETAIL, domain) for name, table in each.tables.items()}


@cache
def _rows_of_tables(domain: Domain) -> sql.Composed:
    one = sql.SQL(named_queries("attestation")["rows_of_table"])
    return sql.SQL(" UNION ALL ").join(
        one.format(
            name=sql.Literal(name),
            table=sql.Identifier(*name.split(".")),
            sample=sql.SQL("WHERE customer_id <= 10000" if name == "retail.customers" else ""),
        )
        for name in _tables(domain)
    )


@cache
def _expected(domain: Domain) -> dict[str, Any]:
    """What the files of sql/ and of the domain say, as the parameters of the checks."""
    files = [SQL_FOLDER / "privileges.sql", *domain.files("privileges.sql")]
    privileges = "".join(path.read_text(encoding="utf-8") for path in files)
    granted, custody = (
        "".join(re.findall(rf"GRANT EXECUTE ON FUNCTION([^;]+)\bTO {role};", privileges))
        for role in ("zava_app", "zava_keys")
    )
    tables = _tables(domain)
    return {
        "schemas": domain.schemas,
        "data_schemas": sorted({name.split(".")[0] for name in tables}),
        "guards": Jsonb({name: table.condition for name, table in tables.items()}),
        "tenants": Jsonb({name: table.tenant for name, table in tables.items()}),
        "task_guard": TASK_GUARD,
        "settings": Jsonb(settings_of_this_release()),
        "key_functions": re.findall(r"access\.(\w+)\(", custody),
        "callable": [re.sub(r"\s+", " ", name) for name in re.findall(r"\w+\.\w+\([^)]*\)", granted)],
    }
