"""The probes."""

import httpx2


def test_a_running_stack_is_live_and_ready(http: httpx2.Client) -> None:
    live, ready = http.get("/health/live"), http.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert ready.status_code == 200
    assert ready.json()["components"] == {"database": "up", "isolation": "proven"}
    assert ready.headers["cache-control"] == "no-store"
