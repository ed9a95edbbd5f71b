"""The example's own tool: each manager is told of the animals of that clinic, and of all that are due."""

from collections.abc import Mapping

import pytest
from mcp import Client

from local.people import PEOPLE
from shared.database.pool import open_pool
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.mcp_server import build_server
from shared.vault import Vault
from tests.conftest import CURSOR_KEY, KEY, Database, KeptSecrets, caller_of, nobody_embeds, settings_for
from tests.tools.calls import data_of

pytestmark = pytest.mark.anyio

DAY = "2026-06-30"
DUE = """
SELECT count(*) FROM (
    SELECT max(day) + repeated_after_days AS due_on
    FROM care.treatments AS treatment
    JOIN care.appointments AS appointment USING (clinic_id, appointment_id)
    JOIN care.services AS service ON service.service_id = treatment.service_id
    WHERE clinic_id = ANY (%(clinics)s)
    GROUP BY clinic_id, animal_id, treatment.service_id, repeated_after_days
) AS last WHERE due_on <= %(day)s
"""


async def called(clinics: Database, name: str, tool: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """The result of one tool call, behind the proof."""
    async with open_pool(settings_for(clinics.app_url, pool_size=2)) as pool:
        vault = Vault(KeptSecrets(KEY, CURSOR_KEY))
        door = Invocations(pool, vault, Isolation(pool, vault, domain=clinics.domain), domain=clinics.domain)
        token = current_caller.set(caller_of(name))
        try:
            async with Client(build_server(door, nobody_embeds())) as client:
                return await data_of(client, tool, **arguments)
        finally:
            current_caller.reset(token)


@pytest.mark.parametrize("name", ["kirkland", "seattle", "nobody"])
async def test_a_manager_is_told_of_the_own_clinics_animals_and_of_all_that_are_due(
    clinics: Database, name: str
) -> None:
    data = await called(clinics, name, "list_due_animals", {"day": DAY, "max_rows": 1000})
    with clinics.as_superuser() as owner:
        [(due,)] = owner.execute(DUE, {"clinics": list(PEOPLE[name].store_ids), "day": DAY}).fetchall()
    assert data["row_count"] == due
    assert due == 0 or due > 100
    rows = data["rows"]
    assert isinstance(rows, list)
    own = f"Zava Animal Clinic {name.title()}"
    assert {row[0] for row in rows} == ({own} if due else set())
    assert [row[-1] for row in rows] == sorted(row[-1] for row in rows)


async def test_the_tables_are_described_with_their_joins_and_short_lists(clinics: Database) -> None:
    names = list(clinics.domain.table_names)
    data = await called(clinics, "kirkland", "get_multiple_table_schemas", {"table_names": names})
    tables = data["tables"]
    assert isinstance(tables, list)
    assert [table["table_name"] for table in tables] == names
    assert all(table["description"] and table["primary_key"] and table["joins"] for table in tables)
    assert all(column["description"] for table in tables for column in table["columns"])
    species = next(column for column in tables[1]["columns"] if column["name"] == "species_name")
    assert "Rabbit" in species["values"]
