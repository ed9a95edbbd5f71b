"""An issuer of Microsoft Entra's shape for a laptop: discovery, keys and the client-credentials grant.

`python -m local.token_issuer --state DIR --port N` serves the key of the state folder on 127.0.0.1.
"""

import hmac
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local.people import LOCAL_AUDIENCE, PEOPLE
from local.service_process import run_service
from local.tokens import IssuerKey, issuer_of, load_client_secret, load_key, mint, public_jwk, token_for

__all__ = ["IssuerKey", "create_app", "load_client_secret", "load_key", "mint", "token_for"]


def create_app(keys: Sequence[IssuerKey], client_secret: str) -> Starlette:
    """The issuer's endpoints. keys is read at each request and the first one signs, so a test can rotate it."""

    async def discovery(request: Request) -> JSONResponse:
        return JSONResponse(_metadata(_authority(request), request.path_params["tenant"]))

    async def key_set(request: Request) -> JSONResponse:
        issuer = issuer_of(_authority(request), request.path_params["tenant"])
        return JSONResponse({"keys": [public_jwk(key, issuer) for key in keys]})

    async def token(request: Request) -> JSONResponse:
        form = dict(parse_qsl((await request.body()).decode("ascii", "replace")))
        person = PEOPLE.get(form.get("client_id", ""))
        known = hmac.compare_digest(form.get("client_secret", "").encode(), client_secret.encode())
        if form.get("grant_type") != "client_credentials" or person is None or not known:
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        audience = form.get("scope", "").removesuffix("/.default") or LOCAL_AUDIENCE
        access_token = token_for(person, keys[0], authority=_authority(request), audience=audience)
        return JSONResponse({"token_type": "Bearer", "expires_in": 3600, "access_token": access_token})

    return Starlette(
        routes=[
            Route("/{tenant}/v2.0/.well-known/openid-configuration", discovery),
            Route("/{tenant}/discovery/v2.0/keys", key_set),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        ]
    )


def _metadata(authority: str, tenant: str) -> dict[str, object]:
    return {
        "issuer": issuer_of(authority, tenant),
        "jwks_uri": f"{authority}/{tenant}/discovery/v2.0/keys",
        "token_endpoint": f"{authority}/{tenant}/oauth2/v2.0/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _authority(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _create_app(state: Path) -> Starlette:
    return create_app([load_key(state)], load_client_secret(state))


if __name__ == "__main__":
    run_service("local.token_issuer", __doc__, _create_app)
