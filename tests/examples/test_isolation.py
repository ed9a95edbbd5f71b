"""The second domain is as isolated as the first, by its proof and by the corpus of tests/isolation in its own words."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
from mcp import Client

from shared.backups.connection import connected
from shared.backups.snapshot import columns_of
from shared.database.pool import open_pool
from shared.database.schema import deploy_schema
from shared.domain import Domain, tenant_rows
from shared.errors import BackupFailed, MigrationRefused, SqlNotAllowed
from shared.home_page import HomePage
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.isolation.attestation import attest
from shared.isolation.canary_rows import prove_with_rows
from shared.isolation.gate import Isolation
from shared.mcp_server import build_server
from shared.readiness import Probes
from shared.retail import RETAIL
from shared.sql_guard import SqlGuard, load_allowed_functions
from shared.vault import Vault
from tests.conftest import KEY, Database, KeptSecrets, caller_of, nobody_embeds, settings_for
from tests.isolation.attack import ROWS
from tests.isolation.attacks import QUIET
from tests.isolation.bare_login import Campaign
from tests.isolation.ground import as_on_azure, changed_parts, fingerprint, new_marker
from tests.isolation.through_the_server import BUSY, ServerCampaign

BREAKS = {
    "CREATE INDEX by_mail ON care.owners (email)": ("indexes", "DROP INDEX care.by_mail"),
    "ALTER TABLE care.animals NO FORCE ROW LEVEL SECURITY": (
        "tables",
        "ALTER TABLE care.animals FORCE ROW LEVEL SECURITY",
    ),
    "CREATE POLICY everybody ON care.animals FOR SELECT TO zava_app USING (true)": (
        "policies",
        "DROP POLICY everybody ON care.animals",
    ),
    "CREATE TABLE care.notes (clinic_id integer)": ("tables", "DROP TABLE care.notes"),
    "GRANT UPDATE ON care.owners TO zava_app": ("privileges", "REVOKE UPDATE ON care.owners FROM zava_app"),
    "CREATE FUNCTION care.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'": ("functions", "DROP FUNCTION care.f()"),
    "ALTER TABLE care.invoices OWNER TO postgres": ("ownership", "ALTER TABLE care.invoices OWNER TO zava_owner"),
}
"""What an operator may do → the check that finds it, and what takes it back."""


async def failed_checks(clinics: Database, domain: Domain | None = None) -> set[str]:
    """Names of the checks of the proof that do not hold. domain: what is taken to be served."""
    async with open_pool(settings_for(clinics.app_url)) as pool, pool.connection() as connection:
        return {finding.check for finding in (await attest(connection, [KEY], domain or clinics.domain)).findings}


def deploy(clinics: Database) -> None:
    with clinics.as_superuser() as superuser:
        deploy_schema(superuser, domain=clinics.domain)


def test_the_proof_holds_and_finds_what_breaks_it(clinics: Database) -> None:
    deploy(clinics)
    assert asyncio.run(failed_checks(clinics)) == set()
    with clinics.as_superuser() as superuser:
        for statement, (check, undo) in BREAKS.items():
            superuser.execute(statement.encode())
            assert check in asyncio.run(failed_checks(clinics)), statement
            superuser.execute(undo.encode())
    assert asyncio.run(failed_checks(clinics)) == set()


def test_a_server_of_the_shops_gives_no_row_of_this_database_and_no_deploy_of_theirs_touches_it(
    clinics: Database,
) -> None:
    assert "privileges" in asyncio.run(failed_checks(clinics, RETAIL))
    with clinics.as_superuser() as superuser, pytest.raises(MigrationRefused, match=r"care/0001_care\.sql"):
        deploy_schema(superuser)
    assert asyncio.run(failed_checks(clinics)) == set()


def test_canary_rows_are_seen_by_their_own_and_show_a_policy_that_is_too_wide(clinics: Database) -> None:
    assert prove_with_rows(clinics.owner_url, domain=clinics.domain) == []
    with clinics.as_superuser() as superuser:
        superuser.execute("ALTER POLICY select_callers ON care.treatments USING (true)")
    found = [str(finding) for finding in prove_with_rows(clinics.owner_url, domain=clinics.domain)]
    deploy(clinics)
    assert any("care.treatments" in finding for finding in found)
    assert not any("care.invoices" in finding for finding in found)
    assert prove_with_rows(clinics.owner_url, domain=clinics.domain) == []


def test_a_table_without_canaries_is_no_proof(clinics: Database) -> None:
    unknown = replace(clinics.domain, tables={**clinics.domain.tables, "notes": tenant_rows("clinic_id")})
    findings = prove_with_rows(clinics.owner_url, domain=unknown)
    assert [finding.subject for finding in findings] == ["care.notes"]


@dataclass(frozen=True)
class Battle:
    """The corpus by the manager of Kirkland's clinic."""

    bare: Campaign
    """With the login's password, and no guard."""
    server: ServerCampaign
    """Through the server, where PostgreSQL has nothing revoked, as on Azure: the guard must hold alone."""
    changed: set[str]


@pytest.fixture(scope="module")
def battle(clinics: Database) -> Battle:
    marker = new_marker()
    bare = Campaign(clinics, "kirkland", marker).run(*QUIET)
    deploy(clinics)  # takes back what a login may change of itself
    as_on_azure(clinics)
    before = fingerprint(clinics)
    server = asyncio.run(ServerCampaign(clinics, "kirkland", marker).run(clinics.app_url, *QUIET))
    return Battle(bare, server, changed_parts(before, fingerprint(clinics)))


@pytest.mark.parametrize("family", QUIET)
def test_no_attack_shows_a_foreign_row(battle: Battle, family: str) -> None:
    bare = [found for found in battle.bare.successes.values() if found.attack.startswith(f"{family}: ")]
    assert not [found for found in bare if found.channel == ROWS]
    assert not [found for found in battle.server.successes.values() if found.attack.startswith(f"{family}: ")]


def test_through_the_server_nothing_is_different_afterwards_and_nobody_was_disturbed(battle: Battle) -> None:
    assert not battle.changed
    assert not battle.server.disturbed
    assert not battle.server.ended


def test_the_attacks_are_about_this_schema(battle: Battle) -> None:
    """The tests above would hold for attacks on tables that are not there."""
    outcomes = [*battle.bare.outcomes.values(), *battle.server.outcomes.values()]
    assert not [outcome.said for outcome in outcomes if 'relation "retail.' in outcome.said]
    assert len([outcome for outcome in battle.bare.outcomes.values() if outcome.ran]) >= 500
    assert len([outcome for outcome in battle.server.outcomes.values() if outcome.ran]) >= 100
    assert not [outcome for outcome in outcomes if any(code in outcome.said for code in BUSY)]
    assert battle.server.eyes.orders == 988
    # Of what is to be changed or made: the columns of an INSERT, a view.
    assert len([each for each in battle.bare.outcomes.values() if each.said.startswith(("42P01", "42703"))]) <= 8


def test_the_corpus_finds_rows_when_the_policy_is_gone(clinics: Database) -> None:
    with clinics.as_superuser() as superuser:
        superuser.execute("ALTER POLICY select_callers ON care.invoices USING (true)")
    found = Campaign(clinics, "kirkland", new_marker()).run("identity").successes.values()
    deploy(clinics)
    assert [success for success in found if success.channel == ROWS]


@pytest.mark.parametrize("statement", ["SELECT * FROM retail.orders", "SELECT * FROM invoices", "SELECT * FROM orders"])
def test_callers_read_this_schema_and_by_its_name(clinics: Database, statement: str) -> None:
    allowed = load_allowed_functions().reading(clinics.domain.schema, clinics.domain.tables)
    with pytest.raises(SqlNotAllowed, match="care"):
        SqlGuard(allowed).check(statement)


def test_no_column_is_called_as_a_function_that_the_guard_refuses(clinics: Database) -> None:
    with clinics.as_superuser() as superuser:
        columns = superuser.execute(
            "SELECT DISTINCT column_name::text FROM information_schema.columns WHERE table_schema = 'care'"
        ).fetchall()
    assert len(columns) > 20
    assert not {name for (name,) in columns} & load_allowed_functions().not_attributes


def test_a_backup_refuses_rather_than_leaving_tables_out(clinics: Database) -> None:
    with connected(clinics.backup_url, None) as connection, pytest.raises(BackupFailed, match=r"care\.animals"):
        columns_of(connection)


async def _told(clinics: Database) -> tuple[str | None, set[str], str, str]:
    """Instructions, names of tools, all that is said of them, and the page for people."""
    async with open_pool(settings_for(clinics.app_url)) as pool:
        vault = Vault(KeptSecrets(KEY))
        door = Invocations(pool, vault, Isolation(pool, vault), domain=clinics.domain)
        token = current_caller.set(caller_of("kirkland"))
        server = build_server(door, nobody_embeds())
        request: Any = None
        home = HomePage("https://clinics.example/mcp", server, server.all_tools, Probes(pool, door.isolation))
        page = await home.answer(request)
        try:
            async with Client(server) as client:
                tools = (await client.list_tools()).tools
                return client.instructions, {tool.name for tool in tools}, repr(tools), bytes(page.body).decode()
        finally:
            current_caller.reset(token)


def test_clients_are_told_of_the_clinics_and_of_nothing_else(clinics: Database) -> None:
    instructions, names, tools, page = asyncio.run(_told(clinics))
    assert instructions
    assert "clinics" in instructions
    assert "list_due_animals" in names
    assert "analyze_sales" not in names
    assert "retail" not in tools.replace("zava-retail", "")
    assert "<h1>Zava Animal Clinics MCP</h1>" in page
    assert "claude mcp add --transport http zava-animal-clinics https://clinics.example/mcp" in page
    assert "retail" not in page.lower()
