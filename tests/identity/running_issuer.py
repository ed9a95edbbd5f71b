"""The local issuer behind real HTTP, with a counter, ways to fail, and the verifiers that ask it."""

import json
from uuid import UUID

import jwt
from jwt import PyJWS
from starlette.types import ASGIApp, Receive, Scope, Send

from local.people import PEOPLE
from local.token_issuer import IssuerKey, create_app, mint
from local.tokens import issuer_of
from shared.identity.caller import TokenVerifier
from shared.identity.issuer_keys import IssuerKeys

KIRKLAND = PEOPLE["kirkland"]
OTHER_TENANT_ID = UUID("0d5a2f0e-5a9c-4d6f-9d6a-3f1b8e2c7a44")
AUDIENCE = "api://zava-test"
CLIENT_ID = "5f6d9a3e-1f0b-4c58-8a55-7c9f1f2f6f10"


def claims_of(token: str) -> dict[str, object]:
    """The claims as they stand, unverified."""
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


class RunningIssuer:
    """Its first key signs. failure: answers in place of the issuer while it is set."""

    def __init__(self, keys: list[IssuerKey]) -> None:
        self.keys = keys
        self.authority = ""
        self.paths: list[str] = []
        self.header_names: set[bytes] = set()
        self.failure: ASGIApp | None = None
        self._app = create_app(self.keys, "client secret")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        self.header_names |= {name for name, _ in scope["headers"]}
        await (self.failure or self._app)(scope, receive, send)

    @property
    def fetches(self) -> int:
        """How often the keys were asked for."""
        return sum(path.endswith("/discovery/v2.0/keys") for path in self.paths)

    def mint(self, key: IssuerKey | None = None, **changes: object) -> str:
        """A good token of the Kirkland manager, but for the changed claims; None leaves a claim out."""
        claims = {name: value for name, value in (self._good_claims() | changes).items() if value is not None}
        signer = key or self.keys[0]
        # Signed as bytes: PyJWT refuses to write some of what a hostile token holds.
        return PyJWS().encode(json.dumps(claims).encode(), signer.private, "RS256", headers={"kid": signer.key_id})

    def _good_claims(self) -> dict[str, object]:
        token = mint(
            self.keys[0],
            issuer=issuer_of(self.authority, KIRKLAND.tenant_id),
            tenant_id=KIRKLAND.tenant_id,
            object_id=KIRKLAND.object_id,
            audience=AUDIENCE,
            scopes=["sales.read"],
            roles=["store_manager"],
            client_id=CLIENT_ID,
        )
        return claims_of(token)

    def verifier(self, keys: IssuerKeys | None = None, *, client_ids: tuple[str, ...] = ()) -> TokenVerifier:
        """A verifier of this issuer's first tenant that has fetched nothing yet."""
        return TokenVerifier(
            authority=self.authority,
            tenant_ids=[KIRKLAND.tenant_id],
            audiences=["another-accepted-audience", AUDIENCE],
            allowed_client_ids=client_ids,
            keys=keys or IssuerKeys(self.authority),
        )
