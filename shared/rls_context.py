"""A Caller in, the signed claim out that the database's policies verify."""

import hashlib
import hmac
import time
from uuid import UUID

SIGNING_KEY = "rls-signing-key"
"""Name of the secret. The database knows its newest versions."""
CONTEXT_SECONDS = 60
"""How long a context holds: longer than a statement may run, too short to be worth stealing."""


def sign_context(
    key: bytes,
    kid: str,
    principal_id: UUID,
    store_scope: UUID | None = None,
    *,
    seconds: int = CONTEXT_SECONDS,
    plain: bool = False,
) -> str:
    """`v1|<principal>|<scope>|<expiry>|<kid>|<hex HMAC-SHA256>` for the setting app.rls_context.

    plain: say `v1-plain`: the statement has no condition (sql_guard/plain.py), so the policies may be put as they are
    fastest. It changes no row.
    store_scope: the public id of the one store to narrow to; None leaves all of the principal's stores.
    seconds: lifetime from now; expiry is in Unix seconds. Verified by sql/functions/verified_caller.sql.
    """
    claim = f"{'v1-plain' if plain else 'v1'}|{principal_id}|{store_scope or '*'}|{int(time.time()) + seconds}|{kid}"
    return f"{claim}|{hmac.new(key, claim.encode(), hashlib.sha256).hexdigest()}"


def principal_id_of(tenant_id: UUID, object_id: UUID) -> UUID:
    """The id that access.principals derives from the same two columns, so nobody has to look it up."""
    return UUID(bytes=hashlib.sha256(tenant_id.bytes + object_id.bytes).digest()[:16])
