"""Who is measured: the product and a trivial tool behind the Functions host, another server, PostgreSQL alone."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from bench.calls.http_client import Burst
from bench.calls.workloads import CALLER, STORE, Workload
from bench.ground import Ground, connected
from bench.processes import wait_until
from local.asgi_server import LOOPBACK
from local.child import start_child, stop_child
from local.node import NODE, installed_packages
from local.parts import (
    ROOT,
    answers,
    application_settings,
    listens,
    start_embedder,
    start_host,
    start_issuer,
    start_refresh,
)
from local.people import PEOPLE
from local.postgres import free_port
from local.progress import step
from local.state import StateFolder
from local.tokens import load_key, token_for

HERE = Path(__file__).parent
PEER_TABLES = ("stores", "categories", "product_types", "products", "customers", "inventory", "orders", "order_items")
UNLIMITED = {"PRINCIPAL_RATE": "100000", "PRINCIPAL_BURST": "1000000"}
"""What is measured is what a call takes, not whether it may."""
TWO_PROCESSES = {"FUNCTIONS_WORKER_PROCESS_COUNT": "2"}
"""Of the Functions host, beside the other server, whose runtime has threads for both cores, too."""


@dataclass(frozen=True)
class Server:
    """A process that answers at a URL. token: a bearer token, where it asks for one."""

    url: str
    pid: int
    token: str | None = None


@dataclass(frozen=True)
class Setup:
    """How an application is started. settings: of its host, with its port in MCP_SERVER_URL. token: see Server."""

    state: StateFolder
    settings: Mapping[str, str]
    token: str | None = None
    app: Path = ROOT

    @property
    def url(self) -> str:
        """Of the endpoint."""
        return self.settings["MCP_SERVER_URL"]

    @property
    def _port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None  # noqa: S101
        return port

    def beside(self, name: str, more: Mapping[str, str]) -> "Setup":
        """Another one on the same ground, with some settings of its own."""
        state = StateFolder(self.state.path / name)
        state.path.mkdir()
        own = {"MCP_SERVER_URL": f"http://{LOOPBACK}:{free_port()}/mcp", "AUDIT_SPOOL": str(state.path / "spool")}
        return Setup(state, {**self.settings, **own, **more}, self.token, self.app)

    def start(self, parts: ExitStack) -> "subprocess.Popen[bytes]":
        """Its host, which may not answer yet; parts ends it."""
        return start_host(self.state, self._port, dict(self.settings), None, parts, self.app)

    def started(self, parts: ExitStack) -> Server:
        """Its host, once it answers."""
        pid = self.start(parts).pid
        wait_until(lambda: answers(self._port))
        return Server(self.url, pid, self.token)


@dataclass(frozen=True)
class Contenders:
    """setup: how the product was started. peer, and the product in two processes beside it: where it was asked for."""

    setup: Setup
    product: Server
    in_two: Server | None
    trivial: Server
    peer: Server | None
    owner_url: str


@contextmanager
def contenders(ground: Ground, *, peer: bool) -> Iterator[Contenders]:
    """All of them, over the same database; ended afterwards."""
    with ExitStack() as parts:
        setup = embedded(with_services(ground, parts), parts)
        with step("starting the product"):
            product = setup.started(parts)
        with step("starting a trivial tool"):
            trivial = trivial_tool(ground).started(parts)
        in_two = other = None
        if peer:
            with step("starting the product in two processes"):
                in_two = setup.beside("two", TWO_PROCESSES).started(parts)
            with step("installing and starting dbhub"):
                other = _dbhub(ground, parts)
        yield Contenders(setup, product, in_two, trivial, other, ground.owner_url)


async def bare(owner_url: str, workload: Workload, *, concurrency: int, seconds: float) -> Burst:
    """The workload's SQL by psycopg, rows and their JSON, as the owner: what no server can do faster."""
    if workload.sql is None:
        raise ValueError("nothing to ask PostgreSQL")
    taken: list[float] = []
    sizes: list[int] = []

    async def queries(until: float, connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        while (began := time.perf_counter()) < until:
            rows = await (await connection.execute(workload.sql.encode())).fetchall()  # type: ignore[union-attr]
            sizes[:] = [len(json.dumps(rows, default=str))]
            taken.append(time.perf_counter() - began)

    opened = [await psycopg.AsyncConnection.connect(owner_url, autocommit=True) for _ in range(concurrency)]
    began = time.perf_counter()
    try:
        await asyncio.gather(*(queries(began + seconds, connection) for connection in opened))
        elapsed = time.perf_counter() - began
    finally:
        for connection in opened:
            await connection.close()
    return Burst(elapsed, sorted(taken), sizes[0])


def with_services(ground: Ground, parts: ExitStack) -> Setup:
    """The product on the ground, its issuer and embedder started."""
    ports = {name: free_port() for name in ("mcp", "issuer", "embedder")}
    with step("starting issuer and embedder"):
        start_issuer(ground.state, ports["issuer"], parts)
        start_embedder(ground.state, ports["embedder"], parts)
        wait_until(lambda: listens(ports["issuer"]) and listens(ports["embedder"]))
    key = load_key(ground.state.path)
    token = token_for(PEOPLE[CALLER], key, authority=f"http://{LOOPBACK}:{ports['issuer']}")
    return Setup(ground.state, application_settings(ground.state, ground.urls, ports) | UNLIMITED, token)


def embedded(product: Setup, parts: ExitStack) -> Setup:
    """The same, its products embedded."""
    with step("embedding the products"):
        if start_refresh(product.state, dict(product.settings), parts).wait(timeout=300):
            raise RuntimeError(product.state.refresh_log.read_text()[-2000:])
    return product


def trivial_tool(ground: Ground) -> Setup:
    """The bare SDK with one tool."""
    state = StateFolder(ground.state.path / "trivial")
    state.path.mkdir()
    url = f"http://{LOOPBACK}:{free_port()}/mcp"
    return Setup(state, {"PYTHONPATH": str(ROOT), "MCP_SERVER_URL": url}, app=HERE / "trivial_app")


def _dbhub(ground: Ground, parts: ExitStack) -> Server:
    packages, port = installed_packages(HERE / "dbhub"), free_port()
    with (ground.state.path / "dbhub.log").open("wb") as log:
        child = start_child(
            [str(NODE), str(packages / "@bytebase" / "dbhub" / "dist" / "index.js")]
            + ["--transport", "http", "--port", str(port), "--dsn", _role_of_one_store(ground)],
            cwd=ground.state.path,
            env=dict(os.environ),
            stdout=log,
            stderr=log,
        )
    parts.callback(stop_child, child, signal.SIGTERM, 10)
    wait_until(lambda: child.poll() is not None or listens(port))
    if child.poll() is not None:
        raise RuntimeError((ground.state.path / "dbhub.log").read_text()[-2000:])
    return Server(f"http://{LOOPBACK}:{port}/mcp", child.pid)


def _role_of_one_store(ground: Ground) -> str:
    """The URL of a login that row-level security holds to one store, as one would set that server up for a tenant."""
    at = urlsplit(ground.app_url)
    role, database = sql.Identifier("one_store"), sql.Identifier(at.path.removeprefix("/"))
    password = secrets.token_urlsafe(12)
    conditions = dict.fromkeys(("stores", "inventory", "orders", "order_items"), f"store_id = {STORE}")
    conditions |= {"customers": f"primary_store_id = {STORE}"}
    with connected(ground.urls["SUPERUSER_DATABASE_URL"]) as superuser:
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
        superuser.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
        superuser.execute(sql.SQL("GRANT USAGE ON SCHEMA retail TO {}").format(role))
        for name in PEER_TABLES:
            table, condition = sql.Identifier("retail", name), sql.SQL(conditions.get(name, "true"))
            superuser.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(table, role))
            superuser.execute(
                sql.SQL("CREATE POLICY one_store ON {} FOR SELECT TO {} USING ({})").format(table, role, condition)
            )
    return f"postgres://one_store:{quote(password)}@{at.hostname}:{at.port}{at.path}?sslmode=disable"
