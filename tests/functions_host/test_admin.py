"""The endpoints under /admin."""

from __future__ import annotations

import pytest

from local.functions_host.admin import is_local_and_no_web_page
from tests.processes import eventually

from .conftest import RunningHost


def test_ping_and_status_say_that_the_host_runs(host: RunningHost) -> None:
    assert host.client.get("/admin/host/ping").status_code == 200
    assert host.client.post("/admin/host/ping").status_code == 200
    assert host.client.get("/admin/host/status").json()["state"] == "Running"


def test_the_list_names_every_function_with_its_trigger_and_address(host: RunningHost) -> None:
    listed = {each["name"]: each for each in host.client.get("/admin/functions").json()}
    assert listed["order_by_id"]["invoke_url_template"] == f"{host.url}/api/orders/{{id:int}}"
    assert listed["hourly"]["invoke_url_template"] is None
    assert listed["hourly"]["isDisabled"] is True
    assert listed["hourly"]["config"]["bindings"][0]["schedule"] == "%HOURLY_SCHEDULE%"
    assert (listed["retired"]["isDisabled"], listed["text"]["isDisabled"]) == (True, False)


def test_one_function_is_described_by_name_in_any_case(host: RunningHost) -> None:
    assert host.client.get("/admin/functions/HOURLY").json()["name"] == "hourly"


@pytest.mark.parametrize("path", ["/admin/functions/nobody", "/admin/functions/a/b", "/admin/keys", "/admin/"])
def test_an_unknown_admin_path_is_404(host: RunningHost, path: str) -> None:
    assert host.client.get(path).status_code == 404


def test_a_timer_runs_by_hand_even_while_its_schedule_is_disabled(host: RunningHost) -> None:
    assert host.client.post("/admin/functions/hourly", json={"input": ""}).status_code == 202
    (run,) = eventually(lambda: host.runs("hourly"), "the run")
    assert run["past_due"] is False
    assert run["schedule"] == {"AdjustForDST": True}
    assert set(run["status"]) == {"Last", "Next", "LastUpdated"}
    assert run["status"]["Last"].startswith("0001-01-01")
    assert "Executing 'Functions.hourly' (Reason='This function was programmatically called via the host APIs.'" in (
        host.log()
    )


def test_a_failing_run_by_hand_is_202_and_its_stack_is_in_the_log(host: RunningHost) -> None:
    assert host.client.post("/admin/functions/fails_every_second", json={"input": ""}).status_code == 202
    eventually(lambda: "RuntimeError: this run failed\nTraceback" in host.log(), "the stack trace in the log")


def test_an_http_function_is_202_and_fails_in_the_log_as_in_the_real_host(host: RunningHost) -> None:
    assert host.client.post("/admin/functions/text", json={"input": ""}).status_code == 202
    eventually(lambda: "'Functions.text' (Failed): An HttpRequest is required" in host.log(), "the failure in the log")


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[]", b'"x"', b"\xff"])
def test_a_body_that_is_no_json_object_is_400(host: RunningHost, body: bytes) -> None:
    assert host.client.post("/admin/functions/hourly", content=body).status_code == 400


def test_running_an_unknown_function_is_404(host: RunningHost) -> None:
    assert host.client.post("/admin/functions/nobody", json={"input": ""}).status_code == 404


def test_another_method_is_405_and_says_which_are_allowed(host: RunningHost) -> None:
    response = host.client.delete("/admin/functions/hourly")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("client", "headers", "served"),
    [
        (("127.0.0.1", 50000), {}, True),
        (("127.8.8.8", 50000), {}, True),
        (("::1", 50000), {}, True),
        (("::ffff:127.0.0.1", 50000), {}, True),
        (("192.168.1.7", 50000), {}, False),
        (("2001:db8::1", 50000), {}, False),
        (None, {}, False),
        (("127.0.0.1", 50000), {"origin": "http://127.0.0.1:7071"}, False),
    ],
)
def test_admin_without_keys_is_for_this_machine_only(
    client: tuple[str, int] | None, headers: dict[str, str], served: bool
) -> None:
    assert is_local_and_no_web_page({"client": client}, headers) is served


def test_a_web_page_may_not_run_a_function(host: RunningHost) -> None:
    headers = {"origin": "https://example.com"}
    assert host.client.post("/admin/functions/hourly", json={"input": ""}, headers=headers).status_code == 403
    assert host.client.get("/api/text", headers=headers).status_code == 200
