"""`GET /health`: what is up, what is busy, what was slow. It tells much, so only administrators may ask."""

import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from psycopg_pool import AsyncConnectionPool
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from shared.administrators import require_administrator
from shared.database.connection import Connection
from shared.errors import AuthorizationFault, ComeBackLater, InsufficientScope, ToolFault
from shared.identity.caller import current_caller
from shared.services import Services
from shared.telemetry.items import INSTANCE
from shared.version import VERSION

SCOPE = "admin"


class Health:
    """The ASGI application behind authentication. outcomes: of the requests to /mcp, kept by who counts them."""

    def __init__(self, services: Services, outcomes: Counter[str]) -> None:
        self._services = services
        self._outcomes = outcomes
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        # It must also be told what is wrong while isolation is not proven.
        self._door = services.invocations.without_proof()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """200 with the report, 403, or 429 and 503 where nobody can say who is an administrator."""
        caller = current_caller.get()
        if SCOPE not in caller.scopes:
            raise InsufficientScope(SCOPE)  # authentication answers it, with the challenge
        try:
            await require_administrator(self._door, caller)
        except AuthorizationFault as fault:
            response = _refusal(403, "forbidden", fault)
        except ToolFault as fault:
            response = _refusal(503, "temporarily_unavailable", fault)
        else:
            readiness = await self._services.probes.readiness()
            response = JSONResponse(self._report(readiness.ready), headers={"cache-control": "no-store"})
        await response(scope, receive, send)

    def _report(self, ready: bool) -> Mapping[str, object]:
        services = self._services
        return {
            "status": "ready" if ready else "unavailable",
            "version": VERSION,
            "instance": INSTANCE,
            "started_at": self._started_at.isoformat(timespec="seconds"),
            "uptime_seconds": int(time.monotonic() - self._started),
            "components": services.components.report(),
            "pools": {pool.name: figures(pool) for pool in (services.pool, services.jobs_pool, services.probe_pool)},
            "requests": dict(self._outcomes.most_common()),
            "slow_statements": services.watch.slow_statements.report(),
            "telemetry": services.telemetry.report(),
        }


def figures(pool: AsyncConnectionPool[Connection]) -> dict[str, int]:
    """Of the connections of a pool: open, in use, the most there may be, and callers that wait for one."""
    stats = pool.get_stats()
    size = stats.get("pool_size", 0)
    return {
        "size": size,
        "in_use": size - stats.get("pool_available", 0),
        "most": pool.max_size,
        "waiting": stats.get("requests_waiting", 0),
    }


def _refusal(status: int, error: str, fault: ToolFault) -> JSONResponse:
    wait = {"retry-after": str(fault.retry_after)} if isinstance(fault, ComeBackLater) else {}
    return JSONResponse({"error": error, "error_description": str(fault)}, status, headers=wait)
