"""Servers with an audit trail: one in this process, and one that can be killed."""

import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import uvicorn
from starlette.applications import Starlette

from shared.audit.spool import QUOTA_BYTES, Spool
from shared.audit.trail import AuditTrail
from shared.components import Components
from shared.database.pool import open_jobs_pool
from shared.mcp_server import build_app
from shared.settings import Settings
from tests.conftest import CURSOR_KEY, KEY, settings_for
from tests.identity.running_issuer import AUDIENCE
from tests.protocol.requests import ACCEPT

HEADERS = {**ACCEPT, "mcp-protocol-version": "2025-11-25", "content-type": "application/json"}


def serving_settings(app_url: str, authority: str, folder: Path) -> Settings:
    """Of a server whose secrets and spool are in the folder."""
    secrets_file = folder / "secrets.json"
    secrets_file.write_text(
        json.dumps({key.name: [{"version": key.version, "value": key.value}] for key in (KEY, CURSOR_KEY)})
    )
    secrets_file.chmod(0o600)
    return replace(
        settings_for(app_url),
        secrets_file=str(secrets_file),
        entra_authority=authority,
        token_audiences=(AUDIENCE,),
        audit_spool=str(folder / "spool"),
    )


@asynccontextmanager
async def client_of(app: Starlette, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Of a server in this process, until it ends."""
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url="http://127.0.0.1:7071",
            headers={**HEADERS, "authorization": f"Bearer {token}"},
            timeout=30,
        ) as client,
    ):
        yield client


@asynccontextmanager
async def trail_of(jobs_url: str, folder: Path, quota: int = QUOTA_BYTES) -> AsyncIterator[AuditTrail]:
    """The trail of an instance, without a server before it."""
    async with open_jobs_pool(replace(settings_for(""), jobs_database_url=jobs_url)) as pool:
        trail = AuditTrail(pool, Spool(folder, private=True, quota=quota), lambda _, name: name, Components())
        async with trail.serving():
            yield trail


def main(app_url: str, jobs_url: str, authority: str, folder: str) -> None:
    """Each line on stdin forks a server; its process id and port are printed. A fork begins with everything loaded."""
    settings = replace(serving_settings(app_url, authority, Path(folder)), jobs_database_url=jobs_url)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for _ in sys.stdin:
        listener = socket.create_server(("127.0.0.1", 0))
        if (child := os.fork()) == 0:
            server = uvicorn.Server(uvicorn.Config(build_app(settings), log_level="warning"))
            server.run([listener])
            os._exit(0)
        print(child, listener.getsockname()[1], flush=True)
        listener.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
