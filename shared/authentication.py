"""What stands before the MCP endpoint: a valid token makes a Caller, anything else ends here."""

import json
import logging

from cachetools import TTLCache
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.database.queries import named_queries
from shared.errors import (
    ComeBackLater,
    Forbidden,
    InsufficientScope,
    RateLimited,
    ToolFault,
    Unauthenticated,
    ValidationFault,
)
from shared.identity.caller import Caller, bearer_token, current_caller, store_scope_of
from shared.identity.protected_resource import ProtectedResource
from shared.identity.scopes import USUAL_SCOPES
from shared.invocation import Invocations
from shared.services import Services
from shared.telemetry.call_record import current_record, timed

log = logging.getLogger(__name__)

STORE_HEADER = "x-rls-user-id"
NARROWING_SECONDS = 60
"""How long a permitted narrowing is remembered. The policies check each call again: this only decides on a 403."""


class Authentication:
    """ASGI middleware that sets current_caller for the application behind it."""

    def __init__(self, app: ASGIApp, services: Services, resource: ProtectedResource) -> None:
        self._app = app
        self._verifier = services.verifier
        self._revocations = services.revocations
        self._flood_gate = services.flood_gate
        self._narrowing = Narrowing(services.invocations)
        self._resource = resource

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as its caller, or answer 400, 401, 403 or 503."""
        headers = Headers(scope=scope)
        try:
            with timed("authentication"):
                caller = await self._caller(headers)
        except Unauthenticated as error:
            # RFC 6750: who brought nothing, or something of another scheme, did nothing wrong.
            wrong = ("invalid_token", str(error)) if _bearer(headers) else ()
            challenge = {"www-authenticate": self._resource.challenge(USUAL_SCOPES, *wrong)}
            return await _refuse(send, 401, "invalid_token", str(error), challenge)
        except Forbidden as error:
            return await _refuse(send, 403, "forbidden", str(error))
        except ValidationFault as fault:
            return await _refuse(send, 400, "invalid_request", str(fault))
        except ToolFault as fault:
            wait = {"retry-after": str(fault.retry_after if isinstance(fault, ComeBackLater) else 5)}
            if isinstance(fault, RateLimited):
                return await _refuse(send, 429, "too_many_requests", str(fault), wait)
            return await _refuse(send, 503, "temporarily_unavailable", str(fault), wait)
        if (record := current_record.get()) is not None:
            record.caller = caller
        token = current_caller.set(caller)
        try:
            await self._app(scope, receive, send)
        except InsufficientScope as fault:  # raised before a reply has begun
            challenge = {
                "www-authenticate": self._resource.challenge(fault.scopes, "insufficient_scope", fault.problem)
            }
            await _refuse(send, 403, "insufficient_scope", fault.problem, challenge)
        finally:
            current_caller.reset(token)

    async def _caller(self, headers: Headers) -> Caller:
        caller = await self._verifier.verify(bearer_token(headers.get("authorization")))
        if (record := current_record.get()) is not None:
            record.caller = caller
        await self._revocations.ensure_valid(caller)
        self._flood_gate.enter(caller.principal_id)
        store = store_scope_of(headers.get(STORE_HEADER))
        return caller if store is None else await self._narrowing.narrow(caller.narrowed_to(store))


class Narrowing:
    """Says at the door whether a caller may narrow itself to a store, so that asking for more is a 403."""

    def __init__(self, invocations: Invocations) -> None:
        self._invocations = invocations
        self._permitted: TTLCache[Caller, bool] = TTLCache(maxsize=10_000, ttl=NARROWING_SECONDS)

    async def narrow(self, narrowed: Caller) -> Caller:
        """The narrowed caller itself; raises Forbidden where it would see nothing."""
        if narrowed not in self._permitted:
            statement = named_queries("access")["visible_stores"]
            answer = await self._invocations.fetch(narrowed, statement, max_rows=1)  # not counted as the caller's rows
            if answer.rows == [[[]]]:
                raise Forbidden("The header x-rls-user-id names a store that the caller has no grant for.")
            self._permitted[narrowed] = True
        return narrowed


def _bearer(headers: Headers) -> bool:
    return headers.get("authorization", "").lower().startswith("bearer")


async def _refuse(send: Send, status: int, error: str, description: str, headers: dict[str, str] | None = None) -> None:
    body = json.dumps({"error": error, "error_description": description}).encode()
    fields = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
