"""Tokens of the running stack's issuer that none of the local people has."""

from functools import cache
from pathlib import Path

from local.people import LOCAL_AUDIENCE, PEOPLE
from local.tokens import IssuerKey, issuer_of, load_key, mint
from tests.stack import RunningStack

KIRKLAND = PEOPLE["kirkland"]


def token(stack: RunningStack, key: IssuerKey | None = None, **changes: object) -> str:
    """Kirkland's token, with changes to what `mint` takes or to claims."""
    made: dict[str, object] = {
        "issuer": issuer_of(stack.noted["issuer"], KIRKLAND.tenant_id),
        "tenant_id": KIRKLAND.tenant_id,
        "object_id": KIRKLAND.object_id,
        "audience": LOCAL_AUDIENCE,
        "scopes": KIRKLAND.scopes,
        "roles": ["store_manager"],
        "client_id": "test",
    }
    return mint(key or issuer_key(stack.state), **(made | changes))  # type: ignore[arg-type]  # a table of changes


def bearer(stack: RunningStack, **changes: object) -> dict[str, str]:
    """The header with such a token."""
    return {"authorization": f"Bearer {token(stack, None, **changes)}"}


@cache
def issuer_key(state: Path) -> IssuerKey:
    """Read once: checking it takes longer than signing with it."""
    return load_key(state)
