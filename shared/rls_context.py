"""A Caller in, the signed claim out that the database's policies verify."""

import hashlib
import hmac
import time
from enum import StrEnum
from uuid import UUID

SIGNING_KEY = "rls-signing-key"
"""Name of the secret. The database knows its newest versions."""
CONTEXT_SECONDS = 60
"""How long a context holds: longer than a statement may run, too short to be worth stealing."""


class Shape(StrEnum):
    """What the policies may know of a statement, to be put as they are fastest (sql/functions/policy_form.sql)."""

    PLAIN = "plain"
    """No condition, so nothing that could be evaluated before a policy."""
    SINGLE = "single"
    """One table, and nothing sorted, grouped or joined, so nothing but the policy whose cost matters."""


def sign_context(
    key: bytes,
    kid: str,
    principal_id: UUID,
    store_scope: UUID | None = None,
    *,
    seconds: int = CONTEXT_SECONDS,
    shape: Shape | None = None,
) -> str:
    """`v1|<principal>|<scope>|<expiry>|<kid>|<hex HMAC-SHA256>` for the setting app.rls_context.

    shape: of the statement (sql_guard/shape.py), for `v1-plain` and `v1-single`. It changes no row.
    store_scope: the public id of the one store to narrow to; None leaves all of the principal's stores.
    seconds: lifetime from now; expiry is in Unix seconds. Verified by sql/functions/verified_caller.sql.
    """
    claim = f"v1{f'-{shape}' if shape else ''}|{principal_id}|{store_scope or '*'}|{int(time.time()) + seconds}|{kid}"
    return f"{claim}|{hmac.new(key, claim.encode(), hashlib.sha256).hexdigest()}"


def principal_id_of(tenant_id: UUID, object_id: UUID) -> UUID:
    """The id that access.principals derives from the same two columns, so nobody has to look it up."""
    return UUID(bytes=hashlib.sha256(tenant_id.bytes + object_id.bytes).digest()[:16])
