"""`GET /health`: for administrators, by the database's word, and nobody else."""

import pytest

from local.people import PEOPLE
from tests.identity.running_issuer import RunningIssuer
from tests.telemetry.conftest import Serve
from tests.telemetry.test_calls import query

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
    assert report["slow_statements"] == {"over_seconds": 1.0, "count": 0, "last": []}
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
