"""The door of the endpoint: who gets in, and what those who do not are told."""

import base64
import hmac
import json
import time

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization

from local.people import LOCAL_AUDIENCE, PEOPLE
from local.tokens import IssuerKey, issuer_of, load_key, mint, new_key
from tests.protocol.requests import ACCEPT, COUNT, call
from tests.stack import RunningStack

KIRKLAND = PEOPLE["kirkland"]
STORES = {"kirkland": "9c8b7a65-4321-fed0-9876-543210fedcba", "seattle": "f47ac10b-58cc-4372-a567-0e02b2c3d479"}


def token(stack: RunningStack, key: IssuerKey | None = None, **changes: object) -> str:
    """Kirkland's token, with changes."""
    made: dict[str, object] = {
        "issuer": issuer_of(stack.noted["issuer"], KIRKLAND.tenant_id),
        "tenant_id": KIRKLAND.tenant_id,
        "object_id": KIRKLAND.object_id,
        "audience": LOCAL_AUDIENCE,
        "scopes": ["user_impersonation"],
        "roles": ["store_manager"],
        "client_id": "test",
    }
    return mint(key or load_key(stack.state), **(made | changes))  # type: ignore[arg-type]  # a table of changes


def unsigned(stack: RunningStack) -> str:
    return f"{encoded(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{token(stack).split('.')[1]}."


def signed_with_the_public_key(stack: RunningStack) -> str:
    """HS256 with what everybody knows: the classic confusion of algorithms."""
    key = load_key(stack.state)
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
    key = load_key(stack.state)
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
    assert challenge.startswith("Bearer ")
    metadata_url = f"{stack.base}/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{metadata_url}"' in challenge
    assert "2975" not in response.text
    if authorization and len(authorization) > 40:
        assert authorization.split()[1] not in response.text + challenge + stack.host_log()


def test_the_metadata_names_the_resource_and_its_authorization_server(stack: RunningStack, http: httpx2.Client) -> None:
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        metadata = http.get(path).json()
        assert metadata["resource"] == stack.url
        assert metadata["authorization_servers"] == [issuer_of(stack.noted["issuer"], KIRKLAND.tenant_id)]
    discovery = httpx2.get(f"{metadata['authorization_servers'][0]}/.well-known/openid-configuration").json()
    assert discovery["issuer"] == metadata["authorization_servers"][0]


def test_who_brings_nothing_is_told_where_to_go_and_not_that_it_erred(http: httpx2.Client) -> None:
    assert "error" not in http.post("/mcp", headers=ACCEPT, json=COUNT).headers["www-authenticate"]
    wrong = http.post("/mcp", headers={**ACCEPT, "authorization": "Bearer x"}, json=COUNT)
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


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


def test_get_and_delete_are_not_for_a_stateless_endpoint(stack: RunningStack, http: httpx2.Client) -> None:
    for method in ("GET", "DELETE"):
        response = http.request(method, "/mcp", headers=stack.headers("kirkland"))
        assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_another_host_name_is_refused(stack: RunningStack, http: httpx2.Client) -> None:
    headers = {**ACCEPT, **stack.headers("kirkland"), "host": "evil.example"}
    assert http.post("/mcp", headers=headers, json=COUNT).status_code == 421
    headers = {**ACCEPT, **stack.headers("kirkland"), "origin": "https://evil.example"}
    assert http.post("/mcp", headers=headers, json=COUNT).status_code == 403


def test_a_body_over_the_limit_is_refused(stack: RunningStack, http: httpx2.Client) -> None:
    headers = {**ACCEPT, **stack.headers("kirkland")}
    body = call("execute_sales_query", postgresql_query="x" * 2_000_000)
    assert http.post("/mcp", headers=headers, json=body).status_code == 413


@pytest.mark.parametrize("host", ["[", "a:99999", "a:b"])
def test_a_host_that_is_none_is_a_bad_request(http: httpx2.Client, host: str) -> None:
    for path in ("/mcp", "/.well-known/oauth-protected-resource"):
        response = http.request("POST" if path == "/mcp" else "GET", path, headers={**ACCEPT, "host": host}, json=COUNT)
        assert response.status_code == 400
