"""The probes."""

import httpx2

from tests.stack import RunningStack


def test_a_running_stack_is_live_and_ready(http: httpx2.Client) -> None:
    live, ready = http.get("/health/live"), http.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert ready.status_code == 200
    assert ready.json()["components"] == {"database": "up", "isolation": "proven"}
    assert ready.headers["cache-control"] == "no-store"


def test_the_detail_is_for_administrators(http: httpx2.Client, stack: RunningStack) -> None:
    told = http.get("/health", headers=stack.headers("head-office"))
    assert told.status_code == 200
    assert told.json()["components"]["database"]["state"] == "up"
    assert http.get("/health", headers=stack.headers("kirkland")).status_code == 403
    stranger = http.get("/health")
    assert stranger.status_code == 401
    assert stranger.headers["www-authenticate"].startswith("Bearer ")
