"""The sample's people as the server sees them once their token is verified."""

from uuid import UUID

from local.people import LOCAL_CLIENT_ID, PEOPLE
from shared.identity.caller import Caller


def caller_of(name: str, store_scope: UUID | None = None) -> Caller:
    """One of the local people, as its token would make it."""
    person = PEOPLE[name]
    return Caller(
        tenant_id=person.tenant_id,
        object_id=person.object_id,
        client_id=LOCAL_CLIENT_ID,
        scopes=frozenset(person.scopes),
        app_roles=frozenset(),
        expires_at=0,
        issued_at=0,
        token_id=None,
        store_scope=store_scope,
    )
