"""Who is an administrator: as the database says, whatever a token says."""

from shared.database.queries import named_queries
from shared.errors import AuthorizationFault
from shared.identity.caller import Caller
from shared.invocation import Invocations


async def require_administrator(invocations: Invocations, caller: Caller) -> None:
    """Raises AuthorizationFault for everybody else, Unavailable where the database does not say."""
    answer = await invocations.read(caller, named_queries("access")["role"], max_rows=1)
    if not answer.rows or answer.rows[0][0] != "super_admin":
        raise AuthorizationFault("This is for administrators.", "Ask one of them.")
