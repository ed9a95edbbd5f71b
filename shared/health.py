"""`GET /health`: what is up, what is busy, what was slow. It tells much, so only administrators may ask."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from psycopg_pool import AsyncConnectionPool
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from shared.administrators import require_administrator
from shared.database.connection import Connection
from shared.errors import AuthorizationFault, ComeBackLater, InsufficientScope, RateLimited, ToolFault
from shared.health_parts import Told, backups_part, embeddings_part, isolation_report
from shared.identity.caller import current_caller
from shared.readiness import Readiness
from shared.services import Services
from shared.telemetry.items import INSTANCE
from shared.telemetry.of_calls import CallTelemetry
from shared.version import VERSION

SCOPE = "admin"
HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Health:
    """The ASGI application behind authentication. calls: who counts the requests to /mcp."""

    def __init__(self, services: Services, calls: CallTelemetry) -> None:
        self._services = services
        self._calls = calls
        self._embeddings, self._backups = embeddings_part(services), backups_part(services)
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        # It must also be told what is wrong while isolation is not proven.
        self._door = services.invocations.without_proof()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Ends what is under way behind it."""
        try:
            yield
        finally:
            await asyncio.gather(self._embeddings.close(), self._backups.close())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """200 with the report, 403, or 429 and 503 where nobody can say who is an administrator."""
        caller = current_caller.get()
        if SCOPE not in caller.scopes:
            raise InsufficientScope(SCOPE)  # authentication answers it, with the challenge
        try:
            await require_administrator(self._door, caller)
        except AuthorizationFault as fault:
            response = _refusal(403, "forbidden", fault)
        except RateLimited as fault:
            response = _refusal(429, "too_many_requests", fault)
        except ToolFault as fault:
            response = _refusal(503, "temporarily_unavailable", fault)
        else:
            readiness, embeddings, backups = await asyncio.gather(
                self._services.probes.readiness(), self._embeddings.report(), self._backups.report()
            )
            response = JSONResponse(self._report(readiness, embeddings, backups), headers=HEADERS)
        await response(scope, receive, send)

    def _report(self, readiness: Readiness, embeddings: Told, backups: Told) -> Mapping[str, object]:
        services = self._services
        return {
            "status": "ready" if readiness.ready else "unavailable",
            "version": VERSION,
            "instance": INSTANCE,
            "started_at": self._started_at.isoformat(timespec="seconds"),
            "uptime_seconds": int(time.monotonic() - self._started),
            "components": services.components.report(),
            "pools": {pool.name: figures(pool) for pool in (services.pool, services.jobs_pool, services.probe_pool)},
            "requests": dict(self._calls.outcomes.most_common()),
            "calls": self._calls.figures.report(),
            "slow_statements": services.watch.slow_statements.report(),
            "telemetry": services.telemetry.report(),
            "embeddings": {
                "model": services.settings.embedding_model,
                "breaker": services.query_embeddings.breaker,
                **embeddings,
            },
            "backups": backups,
            "isolation": isolation_report(services.isolation, readiness),
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
    return JSONResponse({"error": error, "error_description": str(fault)}, status, headers={**HEADERS, **wait})
