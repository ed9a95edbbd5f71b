"""`GET /health`: for administrators, by the database's word, and nobody else."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from local.people import PEOPLE
from shared.backups.blob_store import open_blob_store
from shared.backups.signature import SIGNING_KEY
from shared.health_parts import WAIT_SECONDS
from shared.isolation.attestation import CHECKS
from tests.backups.conftest import KEYS
from tests.backups.test_prune import made
from tests.conftest import KEY, Database
from tests.identity.running_issuer import RunningIssuer
from tests.telemetry.conftest import Serve
from tests.telemetry.test_calls import call, query

pytestmark = pytest.mark.anyio


def bearer(issuer: RunningIssuer, name: str, scopes: str) -> dict[str, str]:
    token = issuer.mint(oid=str(PEOPLE[name].object_id), scp=scopes, roles=["super_admin"])
    return {"authorization": f"Bearer {token}"}


async def test_an_administrator_sees_what_is_up_busy_and_slow(serve: Serve, issuer: RunningIssuer) -> None:
    async with serve() as http:
        await query(http, "SELECT 1")
        await query(http, "DELETE FROM retail.orders")
        response = await http.get("/health", headers=bearer(issuer, "head-office", "admin"))
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    report = response.json()
    assert report["status"] == "ready"
    assert report["requests"] == {"OK": 1, "SQL_NOT_ALLOWED": 1}
    states = {name: component["state"] for name, component in report["components"].items()}
    assert {states.pop(behind) for behind in ("audit", "limits")} <= {"unknown", "up"}  # which work behind the calls
    assert states == {
        "vault": "up",
        "telemetry": "unknown",
        "embedder": "unknown",
        "database": "up",
        "pool": "up",
        "clock": "up",
        "signing_key": "up",
        "isolation": "up",
        "tasks": "up",
        "revocations": "up",
        "audit_spool": "up",
    }
    assert report["pools"]["zava_app"] == {"size": 1, "in_use": 0, "most": 1, "waiting": 0}
    assert report["pools"].keys() == {"zava_app", "zava_jobs", "zava_probe"}
    assert report["slow_statements"] == {"over_seconds": 1.0, "count": 0, "last": [], "fingerprints": []}
    assert report["telemetry"] == {"on": True, "waiting": 3, "sent": 0, "dropped": 0}
    assert report["uptime_seconds"] >= 0


async def test_without_a_token_it_is_a_401_with_a_challenge(serve: Serve) -> None:
    async with serve() as http:
        for headers in ({"authorization": ""}, {"authorization": "Bearer nonsense"}):
            response = await http.get("/health", headers=headers)
            assert response.status_code == 401
            assert "resource_metadata=" in response.headers["www-authenticate"]
            assert "components" not in response.text


@pytest.mark.parametrize(
    ("name", "scopes", "error"),
    [
        ("kirkland", "admin", "forbidden"),  # whatever its token says of roles
        ("nobody", "admin", "forbidden"),
        ("head-office", "sales.read catalog.read", "insufficient_scope"),
    ],
)
async def test_who_is_no_administrator_gets_a_403(
    serve: Serve, issuer: RunningIssuer, name: str, scopes: str, error: str
) -> None:
    async with serve() as http:
        response = await http.get("/health", headers=bearer(issuer, name, scopes))
    assert (response.status_code, response.json()["error"]) == (403, error)
    assert "components" not in response.text


async def test_while_nobody_can_say_who_is_an_administrator_it_is_a_503(serve: Serve, issuer: RunningIssuer) -> None:
    async with serve(secrets_file="not there") as http:
        response = await http.get("/health", headers=bearer(issuer, "head-office", "admin"))
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert "components" not in response.text


async def test_an_administrator_who_asks_too_much_at_once_is_told_when_to_come_back(
    serve: Serve, issuer: RunningIssuer
) -> None:
    headers = bearer(issuer, "head-office", "admin")
    async with serve() as http:
        asked = await asyncio.gather(*(http.get("/health", headers=headers) for _ in range(40)))
    refused = [response for response in asked if response.status_code != 200]
    assert 0 < len(refused) < 40
    for response in refused:
        assert (response.status_code, response.json()["error"]) == (429, "too_many_requests")
        assert int(response.headers["retry-after"]) > 0


def with_backup_keys(folder: Path) -> str:
    """A file of secrets with those of the tests of backups."""
    versions = {SIGNING_KEY: {name: base64.b64encode(key).decode() for name, key in KEYS.items()}}
    versions[KEY.name] = {KEY.version: KEY.value}
    path = folder / "with-backup-keys.json"
    path.write_text(
        json.dumps({
            name: [{"version": version, "value": value} for version, value in kept.items()]
            for name, kept in versions.items()
        })
    )  # fmt: skip
    path.chmod(0o600)
    return str(path)


async def told(http: httpx2.AsyncClient, issuer: RunningIssuer) -> dict[str, Any]:
    response = await http.get("/health", headers=bearer(issuer, "head-office", "admin"))
    assert (response.status_code, response.headers["x-content-type-options"]) == (200, "nosniff")
    report: dict[str, Any] = response.json()
    return report


async def test_calls_are_told_by_name_and_outcome(serve: Serve, issuer: RunningIssuer) -> None:
    async with serve() as http:
        for text in ("SELECT 1", "SELECT 2", "DELETE FROM retail.orders", "SELECT planted FROM retail.orders"):
            await query(http, text)
        await call(http, "tools/call", {"name": "planted", "arguments": {}})
        await http.post("/mcp", json={}, headers={"authorization": ""})
        calls = (await told(http, issuer))["calls"]
    assert (calls["requests"], calls["errors"], calls["error_share"]) == (6, 4, 0.6667)
    by_name = {(each["method"], each["name"]): each for each in calls["by_name"]}
    assert by_name.keys() == {("tools/call", "execute_sales_query"), ("tools/call", "unknown"), ("none", "none")}
    queries = by_name["tools/call", "execute_sales_query"]
    assert queries["outcomes"] == {"OK": 2, "SQL_NOT_ALLOWED": 1, "SQL_ERROR": 1}
    assert 0 < queries["duration_ms"]["p50"] <= queries["duration_ms"]["p95"] <= queries["duration_ms"]["p99"]
    assert by_name["none", "none"]["outcomes"] == {"HTTP_401": 1}
    assert datetime.fromisoformat(calls["since"]) <= datetime.now(UTC)
    assert "planted" not in str(calls)


async def test_the_proof_is_told_with_the_key_it_was_made_with(serve: Serve, issuer: RunningIssuer) -> None:
    async with serve() as http:
        isolation = (await told(http, issuer))["isolation"]
    assert (isolation["state"], isolation["failed"], isolation["key"]) == ("proven", [], KEY.version)
    assert isolation["checks"] == len(CHECKS)
    assert isolation["checked_seconds_ago"] < 60


async def test_a_failed_proof_is_told_by_its_checks(serve: Serve, issuer: RunningIssuer, database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute("CREATE POLICY leak ON retail.orders FOR SELECT TO zava_app USING (true)")
    async with serve(database) as http:
        report = await told(http, issuer)
    assert (report["status"], report["isolation"]["state"]) == ("unavailable", "failed")
    assert report["isolation"]["failed"] == ["canaries", "policies"]
    assert "leak" not in str(report)  # prove_isolation says what it is


async def test_embeddings_are_told_with_their_lag(serve: Serve, issuer: RunningIssuer, database: Database) -> None:
    with database.as_superuser() as superuser:
        superuser.execute("DELETE FROM ops.embedding_queue")
        superuser.execute(
            "INSERT INTO ops.embedding_queue (product_id, queued_at, refused_by)"
            " SELECT product_id, clock_timestamp() - interval '90 s', CASE WHEN product_id = 3 THEN 'a-model' END"
            " FROM retail.products WHERE product_id <= 3"
        )
        superuser.execute("INSERT INTO ops.served_model (model) VALUES ('another-model') ON CONFLICT DO NOTHING")
    async with serve(database, embedding_model="a-model") as http:
        embeddings = (await told(http, issuer))["embeddings"]
    assert 90 <= embeddings.pop("oldest_seconds") < 120
    assert embeddings == {
        "error": None,
        "model": "a-model",
        "served_model": "another-model",
        "waiting": 2,
        "refused": 1,
        "breaker": "closed",
    }


async def test_backups_are_told_from_their_store(serve: Serve, issuer: RunningIssuer, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    store = open_blob_store(folder.as_uri())
    held, last = made(store, 2, holds=True), made(store, 1)
    async with serve(backup_store_url=folder.as_uri(), secrets_file=with_backup_keys(tmp_path)) as http:
        backups = (await told(http, issuer))["backups"]
    assert (backups["error"], backups["failed"]) == (None, None)
    assert (backups["last"]["id"], backups["last"]["kind"]) == (last.id, "full")
    assert backups["last_verified"]["id"] == held.id
    for told_of, manifest in ((backups["last"], last), (backups["last_verified"], held)):
        assert datetime.fromisoformat(told_of["taken_at"]) == manifest.taken_at.replace(microsecond=0)
        assert told_of["taken_seconds_ago"] == pytest.approx(
            (datetime.now(UTC) - manifest.taken_at).total_seconds(), abs=30
        )


async def test_what_cannot_be_told_is_marked_and_keeps_nothing_else_away(
    serve: Serve, issuer: RunningIssuer, database: Database
) -> None:
    with database.as_superuser() as superuser:
        superuser.execute("REVOKE ALL ON ops.embedding_queue FROM zava_jobs")
    async with serve(database) as http:
        report = await told(http, issuer)
    assert report["backups"] == {"error": "SettingsError"}  # no store is set
    assert report["embeddings"]["error"] == "InsufficientPrivilege"
    assert report["embeddings"].keys() == {"error", "model", "breaker"}
    assert report["components"]["database"]["state"] == "up"


async def test_nobody_waits_for_a_part_that_hangs(serve: Serve, issuer: RunningIssuer, database: Database) -> None:
    with database.as_superuser() as superuser, superuser.transaction():
        superuser.execute("LOCK TABLE ops.embedding_queue")
        async with serve(database) as http:
            await query(http, "SELECT 1")  # the proof is there
            began = time.monotonic()
            report = await told(http, issuer)
            assert WAIT_SECONDS <= time.monotonic() - began < WAIT_SECONDS + 3
    assert report["embeddings"]["error"] == "Timeout"
    assert report["isolation"]["state"] == "proven"
