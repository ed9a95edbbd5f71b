"""The smoke test and the seeding of keys, on the running stack and on endpoints with one thing wrong."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.hooks.deployment import Deployment, HookRefused
from infra.hooks.keys import seed_keys
from infra.hooks.smoke import Observation, smoke_test
from local.asgi_server import serving
from local.people import LOCAL_TENANT_ID as TENANT_ID
from tests.processes import eventually
from tests.stack import RunningStack

SITE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/func-zava"
KEY = "the-master-key"
AUDIENCE = "api://zava"
LOCAL_TENANT_ID = str(TENANT_ID)


def problems(observations: list[Observation]) -> list[str]:
    return [each.problem for each in observations if each.problem]


def test_the_running_server_is_as_it_should_be(stack: RunningStack) -> None:
    observations = smoke_test(stack.url, tenant_id=LOCAL_TENANT_ID, token=stack.token("kirkland"), ready_seconds=60)
    assert problems(observations) == []
    assert len(observations) == 6


def test_a_token_that_is_not_good_is_found(stack: RunningStack) -> None:
    assert problems(smoke_test(stack.url, token="made up", ready_seconds=60)) != []


def test_metadata_of_another_tenant_are_found(stack: RunningStack) -> None:
    observations = smoke_test(stack.url, tenant_id="another", audience="api://another", ready_seconds=60)
    assert problems(observations) == ["the metadata name another tenant"]


def endpoint(**changed: Response) -> ASGIApp:
    """A server that answers as ours does, but for what is changed."""

    async def metadata(request: Request) -> Response:
        document = {
            "resource": f"{request.base_url}mcp",
            "authorization_servers": [f"https://login.microsoftonline.com/{LOCAL_TENANT_ID}/v2.0"],
            "scopes_supported": [f"{AUDIENCE}/sales.read"],
        }
        return changed.get("metadata") or JSONResponse(document)

    def fixed(name: str, response: Response) -> Route:
        async def answer(_: Request) -> Response:
            return changed.get(name, response)

        paths = {"ready": "/health/ready", "health": "/health", "mcp": "/mcp"}
        return Route(paths[name], answer, methods=["GET", "POST"])

    challenge = {"www-authenticate": 'Bearer resource_metadata="https://example.com"'}
    return Starlette(
        routes=[
            fixed("ready", JSONResponse({"components": {"database": "up", "isolation": "proven"}})),
            fixed("health", Response(status_code=401)),
            fixed("mcp", Response(status_code=401, headers=challenge)),
            Route("/.well-known/oauth-protected-resource/mcp", metadata),
        ]
    )


def looked_at(app: ASGIApp) -> list[str]:
    with serving(app) as url:
        return problems(smoke_test(f"{url}/mcp", tenant_id=LOCAL_TENANT_ID, audience=AUDIENCE, ready_seconds=0))


def test_an_endpoint_as_ours_has_no_problem() -> None:
    assert looked_at(endpoint()) == []


@pytest.mark.parametrize(
    ("name", "response", "told"),
    [
        ("ready", JSONResponse({"components": {"db": "down"}}, 503), '/health/ready answers 503 {"db": "down"}'),
        ("ready", JSONResponse({"components": {"isolation": "unknown"}}), "isolation is not proven"),
        ("ready", Response("<html>"), "an answer of another shape: JSONDecodeError"),
        ("mcp", Response(status_code=200), "without a token it answers 200"),
        ("mcp", Response(status_code=401), "the challenge names no metadata, so clients cannot sign in"),
        ("health", Response(status_code=200), "without a token /health answers 200"),
        ("metadata", Response(status_code=404), "the metadata answer 404"),
        ("metadata", JSONResponse({"resource": "https://else.example/mcp"}), "the metadata name https://else.example/mcp"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(name: str, response: Response, told: str) -> None:
    assert told in looked_at(endpoint(**{name: response}))


def test_an_endpoint_that_is_not_there_fails_every_look() -> None:
    with serving(endpoint()) as url:
        pass
    assert problems(smoke_test(f"{url}/mcp", ready_seconds=0)) == ["cannot be reached: ConnectError"] * 5


@contextmanager
def resource_manager() -> Iterator[tuple[str, list[str]]]:
    """Azure's, as far as it tells the keys of an app; and who asked."""
    asked: list[str] = []

    async def keys(request: Request) -> Response:
        asked.append(request.headers["authorization"])
        assert "api-version" in request.query_params
        return JSONResponse({"masterKey": KEY, "functionKeys": {}, "systemKeys": {}})

    with serving(Starlette(routes=[Route(f"{SITE}/host/default/listKeys", keys, methods=["POST"])])) as url:
        yield url, asked


def deployment_at(url: str) -> Deployment:
    return Deployment(
        azure_subscription_id="s",
        azure_resource_group="g",
        service_mcp_name="func-zava",
        mcp_url=url,
        zava_auth_audience=AUDIENCE,
    )


def token_for(scope: str) -> str:
    return f"token for {scope}"


def test_the_running_app_is_told_to_make_its_keys(stack: RunningStack) -> None:
    ran = "Executed 'Functions.rotate_keys' (Succeeded"
    count = stack.host_log().count(ran)
    with resource_manager() as (url, asked):
        [told] = seed_keys(deployment_at(stack.url), token_for, management_url=url)
    assert "rotate_keys was started" in told
    assert asked == ["Bearer token for https://management.azure.com/.default"]
    eventually(lambda: stack.host_log().count(ran) > count, "the run")


@pytest.mark.parametrize("status", [202, 401, 404])
def test_the_key_goes_to_the_app_and_into_no_sentence(status: int) -> None:
    sent: list[dict[str, str]] = []

    async def function(request: Request) -> Response:
        sent.append({**request.headers, "body": json.dumps(await request.json())})
        return Response(status_code=status)

    app = Starlette(routes=[Route("/admin/functions/rotate_keys", function, methods=["POST"])])
    with resource_manager() as (url, _), serving(app) as base:
        try:
            [told] = seed_keys(deployment_at(f"{base}/mcp"), token_for, management_url=url)
        except HookRefused as refused:
            told = str(refused)
    assert sent[0]["x-functions-key"] == KEY
    assert sent[0]["authorization"] == f"Bearer token for {AUDIENCE}/.default"
    assert KEY not in told
    assert {202: "was started", 401: "hourly run", 404: "answers 404"}[status] in told


def test_a_dry_run_asks_nobody() -> None:
    def nobody(scope: str) -> str:
        raise AssertionError(scope)

    assert "rotate_keys of func-zava started" in seed_keys(deployment_at("https://x/mcp"), nobody, dry_run=True)[0]
