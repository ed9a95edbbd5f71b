"""What /health has to ask for: asked once for all who want to know, kept for seconds, and nobody waits long for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.embeddings.store import EmbeddingStore, Progress
from shared.errors import Unavailable, ZavaError
from shared.isolation.gate import Isolation
from shared.last_good import Freshness, LastGood
from shared.readiness import Readiness
from shared.services import Services

if TYPE_CHECKING:  # 14 ms that no start has to pay
    from shared.backups.standing import Standing

WAIT_SECONDS = 1.0
"""Then the part cannot be told; what is under way goes on, for who asks next."""
READ_SECONDS = 20.0
EMBEDDINGS_SECONDS = 5.0
BACKUPS_SECONDS = 60.0
"""How long each is kept."""

type Told = Mapping[str, object]


class Part[T]:
    """read: asks. told: makes JSON of the answer, at the time at which it is told."""

    def __init__(
        self, name: str, read: Callable[[], Awaitable[T]], told: Callable[[T], Told], *, kept_seconds: float
    ) -> None:
        self._read = read
        self._told = told
        kept = Freshness(fresh_for=kept_seconds, usable_for=kept_seconds, retry_gap=kept_seconds / 5)
        self._kept = LastGood(self._bounded, kept, name=name)

    async def report(self) -> Told:
        """As JSON. error: the kind of what is in the way, in the place of all else; None where nothing is."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return {"error": None, **self._told(await self._kept.value())}
        except TimeoutError:
            return {"error": "Timeout"}
        except ZavaError as error:
            return {"error": type(error.__cause__ or error).__name__}

    async def close(self) -> None:
        """Ends what is under way."""
        await self._kept.close()

    async def _bounded(self) -> T:
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._read()
        except ZavaError:
            raise
        except Exception as error:  # whatever it is, the rest of the report is told
            raise Unavailable("This cannot be told.", "Try again shortly.", retry_after=5) from error


def embeddings_part(services: Services) -> Part[Progress]:
    """How far the embeddings are behind the products."""
    store = EmbeddingStore(services.jobs_pool, services.settings.embedding_model)
    return Part("the lag of embeddings", store.progress, _embeddings, kept_seconds=EMBEDDINGS_SECONDS)


def backups_part(services: Services) -> Part["Standing"]:
    """The last backup, and the last one that was verified."""

    async def read() -> "Standing":
        from shared.backups.archive import archive_of
        from shared.backups.standing import standing_of

        archive = await archive_of(services.settings, services.vault)
        return await asyncio.to_thread(standing_of, archive.store, archive.keys)

    return Part("the standing of backups", read, _backups, kept_seconds=BACKUPS_SECONDS)


def isolation_report(isolation: Isolation, readiness: Readiness) -> Told:
    """The state that calls meet, and what the last proof found. It names checks and a key's version, no rows."""
    last = isolation.last
    if last is None:
        return {"state": readiness.isolation, "checked_at": None}
    return {
        "state": readiness.isolation,
        **_moment("checked", last.checked_at),
        "duration_ms": round(last.seconds * 1000),
        "checks": len(last.checks),
        "failed": sorted({finding.check for finding in last.findings}),
        "key": last.key,
    }


def _embeddings(progress: Progress) -> Told:
    return {
        "served_model": progress.served,
        "waiting": progress.waiting,
        "refused": progress.refused,
        "oldest_seconds": None if progress.oldest_seconds is None else round(progress.oldest_seconds),
    }


def _backups(standing: "Standing") -> Told:
    from shared.backups.manifest import taken_at_of

    last, held, failed = standing.last, standing.last_verified, standing.failed
    return {
        "last": last
        and {
            "id": last.id,
            "kind": last.kind,
            **_moment("taken", last.taken_at),
            "rows": last.rows,
            "stored_bytes": last.stored_bytes,
        },
        "last_verified": held
        and {"id": held.id, **_moment("taken", taken_at_of(held.id)), **_moment("verified", held.verified_at)},
        "failed": failed and {"id": failed.id, **_moment("verified", failed.verified_at)},
    }


def _moment(what: str, at: datetime) -> dict[str, object]:
    return {
        f"{what}_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        f"{what}_seconds_ago": max(0, round((datetime.now(UTC) - at).total_seconds())),
    }
