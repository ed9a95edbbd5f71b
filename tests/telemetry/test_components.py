"""What is down and what is up again: said once, in the log, in telemetry, and to who asks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.ingestion_endpoint import IngestionEndpoint
from shared.components import Change, Component, Components
from shared.database.pool import open_pool
from shared.database.statement import own_statement
from shared.errors import SecretUnavailable, Unavailable
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.services import Services
from shared.telemetry.adapter import Telemetry
from shared.telemetry.slow_statements import FINGERPRINTS, SlowStatements, fingerprint_of
from shared.telemetry.watch import SETTLE_SECONDS, Watch
from shared.vault import FileSource, Vault
from tests.clock import FakeClock
from tests.conftest import KEY, Database, KeptSecrets, caller_of, settings_for
from tests.telemetry.test_sending import until

pytestmark = pytest.mark.anyio


def test_each_change_is_told_once(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    changes: list[Change] = []
    components = Components(clock)
    components.tell(changes.append)
    component = components.component("redis", settle=10)
    component.up()
    assert changes == []  # that it is there is no news
    for _ in range(3):
        component.down("ConnectionError")
    component.up()
    assert component.state == "down"
    clock.now += 10
    component.up()
    component.up()
    assert [(change.component, change.state, change.error) for change in changes] == [
        ("redis", "down", "ConnectionError"),
        ("redis", "up", "ConnectionError"),
    ]
    assert [record.getMessage() for record in caplog.records] == ["redis is down: ConnectionError", "redis is up again"]


async def test_a_change_becomes_an_event(
    telemetry: Telemetry, components: Components, endpoint: IngestionEndpoint
) -> None:
    components.component("audit").down("Full")
    await until(lambda: endpoint.events("zava.component"))
    [event] = endpoint.events("zava.component")
    assert event["properties"] == {"component": "audit", "state": "down", "error": "Full"}


async def test_a_vault_that_cannot_be_read_is_down(tmp_path: Path) -> None:
    component, file = Component("vault"), tmp_path / "secrets.json"
    with pytest.raises(SecretUnavailable):
        await Vault(FileSource(file), component=component).secret(KEY.name)
    assert component.report()["state"] == "down"
    file.write_text('{"rls-signing-key": [{"version": "1", "value": "x"}]}')
    file.chmod(0o600)
    await Vault(FileSource(file), component=component).secret(KEY.name)
    assert component.report()["state"] == "up"


async def test_a_key_that_the_database_does_not_know_is_said(sample: Database, clock: FakeClock) -> None:
    components, keys = Components(clock), KeptSecrets(replace(KEY, version="unknown"))
    async with open_pool(settings_for(sample.app_url)) as pool:
        vault = Vault(keys, clock=clock)
        watch = Watch(components)
        door = Invocations(pool, vault, Isolation(pool, vault), watch).without_proof()
        with pytest.raises(Unavailable):
            await door.read(caller_of("kirkland"), "SELECT 1", max_rows=1)
        assert components.component("signing_key").last_error == "UnknownToDatabase"
        keys.keys = [KEY]
        clock.now += 400
        await vault.versions(KEY.name)  # starts the reading that the next one finds
        await door.read(caller_of("kirkland"), "SELECT 1", max_rows=1)
        assert components.component("signing_key").state == "up"
        assert components.component("database").state == "up"


def test_a_full_pool_is_no_database_that_is_down(clock: FakeClock) -> None:
    components = Components(clock)
    watch = Watch(components)
    states = [components.component(name) for name in ("pool", "database")]
    watch.answered(key_known=True)
    watch.no_connection(all_lent=True)
    assert [state.state for state in states] == ["down", "up"]
    clock.now += SETTLE_SECONDS
    watch.connected()
    assert [state.state for state in states] == ["up", "up"]
    watch.no_connection(all_lent=False)
    assert [state.state for state in states] == ["up", "down"]


async def test_probes_and_proofs_do_not_wait_for_callers(sample: Database, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps({KEY.name: [{"version": KEY.version, "value": KEY.value}]}))
    secrets.chmod(0o600)
    settings = replace(settings_for(sample.app_url), secrets_file=str(secrets))
    async with Services(settings) as services, services.pool.connection():  # the only one
        states = [await services.probes.readiness() for _ in range(20)]
        assert all(state.ready for state in states)
        assert services.components.component("isolation").state == "up"
        assert services.probe_pool.get_stats()["pool_size"] <= 2


async def test_a_slow_statement_is_kept_by_its_fingerprint(
    sample: Database, telemetry: Telemetry, endpoint: IngestionEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_pool(settings_for(sample.app_url)) as pool:
        vault = Vault(KeptSecrets(KEY))
        watch = Watch(telemetry=telemetry)
        door = Invocations(pool, vault, Isolation(pool, vault), watch).without_proof()
        await door.read(caller_of("kirkland"), "SELECT 'quick'", max_rows=1)
        await door.read(caller_of("kirkland"), "SELECT 'planted', pg_sleep(%s)", [1.05], max_rows=1)
    report: dict[str, Any] = watch.slow_statements.report()
    [slow] = report["last"]
    assert (report["count"], slow["written_by"]) == (1, "server")
    assert slow["fingerprint"] == fingerprint_of(own_statement("SELECT 'other', pg_sleep(17)"))
    assert slow["seconds"] > 1
    assert f"slow statement {slow['fingerprint']}" in caplog.text
    await until(lambda: endpoint.events("zava.slow_statement"))
    [event] = endpoint.events("zava.slow_statement")
    assert event["properties"] == {"fingerprint": slow["fingerprint"], "written_by": "server"}
    assert "planted" not in caplog.text + str(report) + str(endpoint.items)


def test_slow_statements_are_counted_by_fingerprint_and_the_longest_quiet_ones_go() -> None:
    slow = SlowStatements(slow_seconds=-1)

    def run(number: int) -> str:
        statement = own_statement(f"SELECT 'planted', column_{number} FROM retail.orders")
        with slow.watched(statement):
            pass
        return fingerprint_of(statement)

    for number in range(FINGERPRINTS):
        run(number)
    again = [run(0) for _ in range(3)]
    run(FINGERPRINTS)  # one too many: it was the turn of 1
    report: dict[str, Any] = slow.report()
    counts = {each["fingerprint"]: each["count"] for each in report["fingerprints"]}
    assert (report["count"], len(counts)) == (FINGERPRINTS + 4, FINGERPRINTS)
    assert counts.pop(again[0]) == 4 == report["fingerprints"][0]["count"]
    assert set(counts.values()) == {1}
    assert fingerprint_of(own_statement("SELECT 'other', column_1 FROM retail.orders")) not in counts
    assert {each["written_by"] for each in report["fingerprints"]} == {"server"}
    assert "planted" not in str(report)


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("SELECT a FROM t WHERE b = %s AND c LIKE '100%%'", [1]),
        ("SELECT a FROM t WHERE b = %(b)s AND c LIKE 'x'", {"b": 1}),
        ("SELECT a FROM t WHERE b = 5 AND c LIKE '7%'", None),
    ],
)
def test_constants_and_placeholders_change_no_fingerprint(text: str, parameters: object) -> None:
    plain = fingerprint_of(own_statement("SELECT a FROM t WHERE b = 1 AND c LIKE 'y'"))
    assert fingerprint_of(own_statement(text, parameters)) == plain  # type: ignore[arg-type]  # a table of both
    assert fingerprint_of(own_statement("SELECT a, d FROM t")) != plain


def test_what_is_no_sql_has_no_fingerprint() -> None:
    assert fingerprint_of(own_statement("SELECT FROM WHERE")) == "unknown"
