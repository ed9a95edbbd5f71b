"""The door of the endpoint: who gets in, and what those who do not are told."""

import base64
import hmac
import json
import re
import time
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization

from local.people import LOCAL_AUDIENCE
from local.tokens import IssuerKey, issuer_of, new_key
from tests.protocol.requests import ACCEPT, COUNT, call
from tests.protocol.tokens import KIRKLAND, bearer, issuer_key, token
from tests.stack import RunningStack

USUAL_SCOPES = "api://zava-retail-mcp/sales.read api://zava-retail-mcp/catalog.read"
STORES = {"kirkland": "9c8b7a65-4321-fed0-9876-543210fedcba", "seattle": "f47ac10b-58cc-4372-a567-0e02b2c3d479"}


def unsigned(stack: RunningStack) -> str:
    return f"{encoded(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{token(stack).split('.')[1]}."


def signed_with_the_public_key(stack: RunningStack) -> str:
    """HS256 with what everybody knows: the classic confusion of algorithms."""
    key = issuer_key(stack.state)
    public = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": key.key_id}).encode())
    signed = f"{header}.{token(stack).split('.')[1]}"
    return f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}"


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@pytest.fixture(scope="session")
def hostile(stack: RunningStack) -> dict[str, str | None]:
    key = issuer_key(stack.state)
    return {
        "none": None,
        "not bearer": "Basic a2lya2xhbmQ6cGFzcw==",
        "garbage": "Bearer garbage",
        "empty": "Bearer",
        "expired": f"Bearer {token(stack, lifetime=-120)}",
        "not yet valid": f"Bearer {token(stack, nbf=int(time.time()) + 600)}",
        "foreign key": f"Bearer {token(stack, new_key())}",
        "foreign key under our kid": f"Bearer {token(stack, IssuerKey(key.key_id, new_key().private))}",
        "foreign issuer": f"Bearer {token(stack, issuer='https://login.example/v2.0')}",
        "foreign tenant": f"Bearer {token(stack, tid='99999999-9999-4999-8999-999999999999')}",
        "wrong audience": f"Bearer {token(stack, audience='api://another')}",
        "without audience": f"Bearer {token(stack, aud=None)}",
        "without expiry": f"Bearer {token(stack, exp=None)}",
        "alg none": f"Bearer {unsigned(stack)}",
        "HS256": f"Bearer {signed_with_the_public_key(stack)}",
        "two tokens": f"Bearer {token(stack)}, Bearer {token(stack)}",
    }


@pytest.mark.parametrize(
    "how",
    [
        *("none", "not bearer", "garbage", "empty", "expired", "not yet valid", "foreign key"),
        *("foreign key under our kid", "foreign issuer", "foreign tenant", "wrong audience", "without audience"),
        *("without expiry", "alg none", "HS256", "two tokens"),
    ],
)
def test_without_a_good_token_there_is_a_401_that_says_where_to_get_one(
    stack: RunningStack, http: httpx2.Client, hostile: dict[str, str | None], how: str
) -> None:
    authorization = hostile[how]
    headers = {"authorization": authorization} if authorization is not None else {}
    response = http.post("/mcp", headers={**ACCEPT, **headers}, json=COUNT)
    assert response.status_code == 401
    challenge = response.headers["www-authenticate"]
    metadata_url = f"{stack.base}/.well-known/oauth-protected-resource/mcp"
    assert challenge.startswith(f'Bearer resource_metadata="{metadata_url}", scope="{USUAL_SCOPES}"')
    assert "2975" not in response.text
    if authorization and len(authorization) > 40:
        assert authorization.split()[1] not in response.text + challenge + stack.host_log()


def test_the_metadata_names_the_resource_and_its_authorization_server(stack: RunningStack, http: httpx2.Client) -> None:
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        metadata = http.get(path).json()
        assert metadata == {
            "resource": stack.url,
            "resource_name": "Zava Retail MCP",
            "authorization_servers": [issuer_of(stack.noted["issuer"], KIRKLAND.tenant_id)],
            "scopes_supported": USUAL_SCOPES.split(),
            "bearer_methods_supported": ["header"],
        }
    discovery = httpx2.get(f"{metadata['authorization_servers'][0]}/.well-known/openid-configuration").json()
    assert discovery["issuer"] == metadata["authorization_servers"][0]


def test_who_brings_nothing_is_told_where_to_go_and_not_that_it_erred(http: httpx2.Client) -> None:
    nothing: dict[str, str] = {}
    for authorization in (nothing, {"authorization": ""}, {"authorization": "Basic a2lya2xhbmQ6cGFzcw=="}):
        response = http.post("/mcp", headers={**ACCEPT, **authorization}, json=COUNT)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].endswith(f', scope="{USUAL_SCOPES}"')
    wrong = http.post("/mcp", headers={**ACCEPT, "authorization": "Bearer x"}, json=COUNT)
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


def test_a_token_for_the_application_or_for_the_endpoint_itself_is_accepted(
    stack: RunningStack, http: httpx2.Client
) -> None:
    for audience in (LOCAL_AUDIENCE, stack.url):
        headers = {**ACCEPT, **bearer(stack, audience=audience)}
        assert http.post("/mcp", headers=headers, json=COUNT).status_code == 200


def test_a_token_for_something_like_it_is_refused(stack: RunningStack, http: httpx2.Client) -> None:
    audiences: tuple[str | list[str], ...] = (
        *(
            f"{stack.url}/",
            stack.base,
            f"{stack.base}/",
            stack.url.upper(),
            stack.url.replace("127.0.0.1", "localhost"),
        ),
        *(f"{LOCAL_AUDIENCE}/", f"{LOCAL_AUDIENCE}/sales.read", LOCAL_AUDIENCE.removeprefix("api://"), "", [], "*"),
        "https://graph.microsoft.com",
    )
    for audience in audiences:
        response = http.post("/mcp", headers={**ACCEPT, **bearer(stack, audience=audience)}, json=COUNT)
        assert response.status_code == 401, audience
        assert "2975" not in response.text


def test_a_token_in_the_address_or_in_the_body_opens_nothing(stack: RunningStack, http: httpx2.Client) -> None:
    made = token(stack)
    assert http.post(f"/mcp?access_token={made}", headers=ACCEPT, json=COUNT).status_code == 401
    assert http.post("/mcp", headers=ACCEPT, data={"access_token": made}).status_code == 401
    assert not parts_of(made) & logged_words(stack)


def test_no_log_holds_a_token_that_was_accepted_or_refused(stack: RunningStack, http: httpx2.Client) -> None:
    refused_for: dict[str, dict[str, Any]] = {
        "expired": {"lifetime": -120},
        "audience": {"audience": "x"},
        "scope": {"scopes": ["another"]},
    }
    made = [token(stack), *(token(stack, None, **changes) for changes in refused_for.values())]
    answers = [
        http.post("/mcp", headers={**ACCEPT, "authorization": f"Bearer {sent}"}, json=COUNT).status_code
        for sent in (*made, f"{made[0]}x")
    ]
    assert answers == [200, 401, 401, 403, 401]
    assert not set.union(*map(parts_of, made)) & logged_words(stack)


def parts_of(made: str) -> set[str]:
    """Claims and signature: the header is the same for all."""
    return set(made.split(".")[1:])


def logged_words(stack: RunningStack) -> set[str]:
    """Of every log that the stack writes."""
    logs = [path.read_text(errors="replace") for path in stack.state.glob("*.log")]
    assert len(logs) >= 3
    return {word for log in logs for word in re.split(r"[^A-Za-z0-9_-]+", log)}


def test_other_metadata_is_not_found(http: httpx2.Client) -> None:
    assert http.get("/.well-known/oauth-protected-resource/other").status_code == 404


def test_a_caller_may_narrow_itself_to_a_store_that_it_has(stack: RunningStack, http: httpx2.Client) -> None:
    headers = {**ACCEPT, **stack.headers("west-region"), "x-rls-user-id": STORES["kirkland"]}
    response = http.post("/mcp", headers=headers, json=COUNT)
    assert response.status_code == 200
    assert '"rows":[[2975]]' in response.text


@pytest.mark.parametrize(
    ("name", "store", "status"),
    [
        ("kirkland", STORES["kirkland"], 200),
        ("kirkland", STORES["seattle"], 403),
        ("kirkland", "00000000-0000-0000-0000-000000000000", 403),
        ("west-region", STORES["seattle"], 200),
        ("head-office", STORES["seattle"], 200),
        ("head-office", "00000000-0000-0000-0000-000000000000", 403),
        ("nobody", STORES["seattle"], 403),
        ("kirkland", "*", 400),
        ("kirkland", "", 400),
        ("kirkland", f"{STORES['kirkland']},{STORES['seattle']}", 400),
    ],
)
def test_the_header_narrows_and_never_widens(
    stack: RunningStack, http: httpx2.Client, name: str, store: str, status: int
) -> None:
    for _ in range(2):  # the second answer comes from memory
        headers = {**ACCEPT, **stack.headers(name), "x-rls-user-id": store}
        response = http.post("/mcp", headers=headers, json=call("describe_access"))
        assert response.status_code == status, response.text


def test_the_header_without_a_token_opens_nothing(http: httpx2.Client) -> None:
    response = http.post("/mcp", headers={**ACCEPT, "x-rls-user-id": STORES["kirkland"]}, json=COUNT)
    assert response.status_code == 401


@pytest.mark.parametrize("host", ["[", "a:99999", "a:b"])
def test_a_host_that_is_none_is_a_bad_request(http: httpx2.Client, host: str) -> None:
    for path in ("/mcp", "/.well-known/oauth-protected-resource"):
        response = http.request("POST" if path == "/mcp" else "GET", path, headers={**ACCEPT, "host": host}, json=COUNT)
        assert response.status_code == 400
