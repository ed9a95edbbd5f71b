"""The server gives rows where isolation is proven, and nowhere else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import Client

from local.postgres import free_port
from shared.database.pool import open_pool
from shared.errors import Unavailable
from shared.identity.caller import Caller, current_caller
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.mcp_server import build_app, build_server
from shared.readiness import Probes
from shared.vault import Secret, Vault
from tests.attestation.conftest import ORDERS_A_STORE
from tests.attestation.sabotage import LEAK, sabotaged
from tests.clock import FakeClock
from tests.conftest import KEY, PASSWORDS, Database, KeptSecrets, caller_of, nobody_embeds, settings_for
from tests.invocation.wire import wire_to
from tests.tools.calls import data_of, fault_of

pytestmark = pytest.mark.anyio

COUNT = "SELECT count(*) FROM retail.orders"
LONG = "SELECT count(*) FROM generate_series(1, 500000)"
KIRKLAND = caller_of("kirkland")
HEAD_OFFICE = caller_of("head-office")
CANNOT_PROVE = "The server cannot prove that tenants are isolated."
READING_TOOLS: dict[str, dict[str, object]] = {
    "execute_sales_query": {"postgresql_query": "SELECT 1"},
    "get_multiple_table_schemas": {"table_names": ["retail.orders"]},
    "describe_access": {},
}


@asynccontextmanager
async def gated(app_url: str, clock: FakeClock, *keys: Secret, pool_size: int = 1) -> AsyncIterator[Invocations]:
    """The door as the server has it."""
    async with open_pool(settings_for(app_url, pool_size=pool_size)) as pool:
        vault = Vault(KeptSecrets(*(keys or (KEY,))))
        isolation = Isolation(pool, vault, clock=clock)
        yield Invocations(pool, vault, isolation)
        await isolation.close()


@asynccontextmanager
async def client_of(door: Invocations, caller: Caller) -> AsyncIterator[Client]:
    token = current_caller.set(caller)
    try:
        async with Client(build_server(door, nobody_embeds())) as client:
            yield client
    finally:
        current_caller.reset(token)


async def count(door: Invocations) -> object:
    return (await door.read(KIRKLAND, COUNT, max_rows=1)).rows[0][0]


def nowhere(database: Database) -> str:
    return database.app_url.replace(f":{urlsplit(database.app_url).port}/", f":{free_port()}/")


async def test_while_the_proof_fails_no_tool_reads_and_after_the_repair_all_do(
    breakable: Database, clock: FakeClock
) -> None:
    async with gated(breakable.app_url, clock) as door, client_of(door, KIRKLAND) as client:
        with sabotaged(breakable, LEAK):
            for tool, arguments in READING_TOOLS.items():
                fault = await fault_of(client, tool, **arguments)
                assert (fault["code"], fault["problem"]) == ("UNAVAILABLE", CANNOT_PROVE)
                assert "orders" not in str(fault)
        clock.now += 5
        for tool, arguments in READING_TOOLS.items():
            await data_of(client, tool, **arguments)


async def test_the_clock_is_told_in_any_case(breakable: Database, clock: FakeClock) -> None:
    async with gated(breakable.app_url, clock) as door, client_of(door, KIRKLAND) as client:
        with sabotaged(breakable, LEAK):
            assert (await data_of(client, "get_current_utc_date"))["epoch"] > 0


async def test_what_breaks_later_is_found_ten_minutes_later(breakable: Database, clock: FakeClock) -> None:
    async with gated(breakable.app_url, clock) as door:
        assert await count(door) == ORDERS_A_STORE
        with sabotaged(breakable, LEAK):
            clock.now += 600
            await count(door)  # not delayed: the proof is renewed behind it
            await door.isolation.renewed()
            with pytest.raises(Unavailable, match=CANNOT_PROVE):
                await count(door)


async def test_an_instance_that_slept_proves_before_it_answers(breakable: Database, clock: FakeClock) -> None:
    async with gated(breakable.app_url, clock) as door:
        assert await count(door) == ORDERS_A_STORE
        with sabotaged(breakable, LEAK):
            clock.now += 1800
            with pytest.raises(Unavailable, match=CANNOT_PROVE):
                await count(door)


async def test_many_first_calls_share_one_proof_of_two_round_trips_and_later_ones_cost_none(
    breakable: Database, clock: FakeClock
) -> None:
    async with wire_to(breakable.app_url) as wire, gated(wire.url(breakable.app_url), clock) as door:
        assert await count(door.without_proof()) == ORDERS_A_STORE
        wire.forget()
        assert await asyncio.gather(*(count(door) for _ in range(5))) == [ORDERS_A_STORE] * 5
        assert wire.round_trips == 5 + 2
        wire.forget()
        assert await count(door) == ORDERS_A_STORE
        assert wire.round_trips == 1


async def test_dead_connections_cost_the_proof_a_new_one(breakable: Database, clock: FakeClock) -> None:
    async with wire_to(breakable.app_url) as wire, gated(wire.url(breakable.app_url), clock, pool_size=5) as door:
        unproven = door.without_proof()
        await asyncio.gather(*(unproven.read(KIRKLAND, LONG, max_rows=1) for _ in range(5)))
        assert wire.connections > 2
        wire.cut()
        assert await count(door) == ORDERS_A_STORE


async def test_without_a_database_nobody_can_say_and_nothing_has_failed(
    breakable: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with gated(nowhere(breakable), clock) as door:
        with pytest.raises(Unavailable) as fault:
            await count(door)
    assert CANNOT_PROVE not in str(fault.value)
    assert "not proven" not in caplog.text


async def test_an_outage_leaves_the_last_proof_standing(breakable: Database, clock: FakeClock) -> None:
    source = KeptSecrets(KEY)
    async with open_pool(settings_for(breakable.app_url)) as pool:
        isolation = Isolation(pool, Vault(source), clock=clock)
        await isolation.ensure()
        await pool.close()
        clock.now += 700
        await isolation.ensure()
        with pytest.raises(Unavailable):
            await isolation.renewed()
        await isolation.ensure()
        await isolation.close()


async def test_keys_that_the_database_does_not_know_prove_nothing(breakable: Database, clock: FakeClock) -> None:
    unknown = replace(KEY, version="unknown")
    async with gated(breakable.app_url, clock, unknown) as door:
        with pytest.raises(Unavailable, match="does not know the current signing key"):
            await count(door)
    async with gated(breakable.app_url, clock, unknown, KEY) as door:
        assert await count(door) == ORDERS_A_STORE
    async with gated(breakable.app_url, clock, Secret(KEY.name, "no key", "broken"), KEY) as door:
        assert await count(door) == ORDERS_A_STORE


async def test_the_log_has_each_finding_once(
    breakable: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with gated(breakable.app_url, clock) as door:
        with sabotaged(breakable, LEAK):
            for _ in range(3):
                clock.now += 5
                with pytest.raises(Unavailable):
                    await count(door)
    found = [record.getMessage() for record in caplog.records if record.name == "shared.isolation.gate"]
    assert len(found) == len(set(found)) > 1
    assert "isolation is not proven: policies: retail.orders has 2 policies for the login instead of one" in found


async def test_readiness_says_whether_isolation_is_proven(breakable: Database, clock: FakeClock) -> None:
    async with open_pool(settings_for(breakable.app_url)) as pool:
        await pool.wait()
        isolation = Isolation(pool, Vault(KeptSecrets(KEY)), clock=clock)
        with sabotaged(breakable, LEAK):
            failed = await Probes(pool, isolation).readiness()
        clock.now += 5
        proven = await Probes(pool, isolation).readiness()
        await isolation.close()
        unknown = await Probes(pool, Isolation(pool, Vault(KeptSecrets()))).readiness()
    assert [(state.ready, state.isolation) for state in (failed, proven, unknown)] == [
        (False, "failed"),
        (True, "proven"),
        (False, "unknown"),
    ]


async def test_the_probe_of_a_broken_server_is_a_503_that_tells_no_detail(
    breakable: Database, open_folder: Path
) -> None:
    secrets_file = open_folder / "secrets-of-the-gate.json"
    secrets_file.write_text(json.dumps({KEY.name: [{"version": KEY.version, "value": KEY.value}]}))
    secrets_file.chmod(0o600)
    app = build_app(replace(settings_for(breakable.app_url), secrets_file=str(secrets_file)))
    with sabotaged(breakable, LEAK):
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:7071") as http,
        ):
            response = await http.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["components"] == {"database": "up", "isolation": "failed"}
    assert "orders" not in response.text


async def test_an_administrator_gets_the_proof_also_where_it_fails(breakable: Database, clock: FakeClock) -> None:
    async with gated(breakable.app_url, clock) as door, client_of(door, HEAD_OFFICE) as client:
        with sabotaged(breakable, LEAK):
            broken = await data_of(client, "prove_isolation")
            assert (await fault_of(client, "describe_access"))["problem"] == CANNOT_PROVE
        clock.now += 5
        sound = await data_of(client, "prove_isolation")
    assert (broken["holds"], sound["holds"]) == (False, True)
    assert {check["name"] for check in broken["checks"] if not check["holds"]} == {"policies", "canaries"}
    assert "retail.orders policy everything" in str(broken["checks"])
    assert len(sound["checks"]) == 16
    assert all(check["holds"] and check["detail"] for check in sound["checks"])
    for secret in (KEY.value, PASSWORDS["zava_app"], "v1|"):
        assert secret not in f"{broken}{sound}"


@pytest.mark.parametrize("name", ["kirkland", "west-region", "nobody"])
async def test_nobody_else_gets_it_whatever_the_token_says(breakable: Database, clock: FakeClock, name: str) -> None:
    caller = replace(caller_of(name), scopes=frozenset({"admin"}), app_roles=frozenset({"super_admin"}))
    async with gated(breakable.app_url, clock) as door, client_of(door, caller) as client:
        assert (await fault_of(client, "prove_isolation"))["code"] == "AUTHORIZATION_ERROR"
