"""The whole application in this process, over a test database and with a running issuer's tokens."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2

from shared.mcp_server import build_app
from shared.settings import Settings
from shared.telemetry.call_record import Sink
from tests.conftest import CURSOR_KEY, KEY, Database, settings_for
from tests.identity.running_issuer import AUDIENCE, RunningIssuer


def issued_settings(database: Database, issuer: RunningIssuer, folder: Path, **changes: Any) -> Settings:
    """Settings whose secrets lie in the folder."""
    secrets_file = folder / "secrets.json"
    keys = {key.name: [{"version": key.version, "value": key.value}] for key in (KEY, CURSOR_KEY)}
    secrets_file.write_text(json.dumps(keys))
    secrets_file.chmod(0o600)
    settings = replace(
        settings_for(database.app_url),
        secrets_file=str(secrets_file),
        entra_authority=issuer.authority,
        token_audiences=(AUDIENCE,),
    )
    return replace(settings, **changes)


@asynccontextmanager
async def opened(
    settings: Settings, issuer: RunningIssuer, sinks: Sequence[Sink] = (), *, fast_path: bool = True
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of it as the manager of Kirkland."""
    app = build_app(settings, sinks=sinks, fast_path=fast_path)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url="http://127.0.0.1:7071",
            headers={"authorization": f"Bearer {issuer.mint()}"},
        ) as client,
    ):
        yield client
