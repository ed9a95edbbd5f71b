"""Real parts for every test: one PostgreSQL with the sample data, fresh copies of it, and one whole running stack."""

import atexit
import gc
import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from local.callers import caller_of as caller_of  # of the tests, too
from local.people import PEOPLE
from local.postgres import EmbeddedPostgres
from local.postgres_home import remove_abandoned_homes
from local.state import LOGIN_ROLES
from shared.database.pool import open_pool
from shared.database.schema import SQL_FOLDER
from shared.domain import Domain
from shared.embeddings.embedder import Embedder
from shared.embeddings.identity import vault_key
from shared.embeddings.of_queries import QueryEmbeddings
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.retail import RETAIL
from shared.rls_context import Shape, sign_context
from shared.settings import Settings
from shared.vault import Secret, Vault
from tests.clock import FakeClock
from tests.embedder.kept import keep_embeddings
from tests.embedder.openai_service import OpenAIService, running_service
from tests.lanes import STACK, Lanes, check_lane
from tests.stack import RunningStack, host_beside, kill_while_loading, run_dev, started_stack
from tests.template import TEMPLATE, loaded_server

REPOSITORY = Path(__file__).resolve().parents[1]
NOT_COPIED = [(SQL_FOLDER / name).read_text(encoding="utf-8") for name in ("roles.sql", "database.sql")]
"""Of a deploy, what a copy of a database lacks: its rights, and settings of roles, which may have been changed."""
KEY = Secret("rls-signing-key", "c2lnbmluZy1rZXktZm9yLXRlc3RzLTAxMjM0NTY3ODk=", "test-key-1")
CURSOR_KEY = Secret("cursor-signing-key", "Y3Vyc29yLWtleS1mb3ItdGVzdHMtMDEyMzQ1Njc4OTA=", "test-key-1")
PASSWORDS = {role: secrets.token_urlsafe(12) for role in LOGIN_ROLES}

SPOOLS = Path(tempfile.mkdtemp(prefix="zava-tests-audit-"))
atexit.register(shutil.rmtree, SPOOLS, ignore_errors=True)

type MakeDatabase = Callable[[], "Database"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """See tests/lanes.py."""
    check_lane(item)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    """See tests/lanes.py."""
    return Lanes(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: nobody looks through it for garbage, neither meanwhile nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test of the running stack that fails shows what the host said last."""
    report = yield
    stack = getattr(item, "funcargs", {}).get(STACK)
    if report.failed and isinstance(stack, RunningStack):
        report.sections.append(("the end of the host's log", "\n".join(stack.host_log().splitlines()[-60:])))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI nothing is skipped: what a test needs, .ci/run installs."""
    if os.environ.get("CI") == "true" and terminalreporter.stats.get("skipped"):
        pytest.exit("tests were skipped in CI", returncode=1)


class Database:
    """One database of the test server, with the URLs of its logins.

    domain: what is served from it. words: what it calls retail's tables and columns (tests/isolation/words.py).
    """

    def __init__(
        self, server: EmbeddedPostgres, name: str, domain: Domain = RETAIL, words: Mapping[str, str] | None = None
    ) -> None:
        self.name, self.domain = name, domain
        self.words = words or {}
        self.superuser_url = server.superuser_url(name)
        self.owner_url = f"{self.superuser_url}&options=-c%20role%3Dzava_owner"
        self.app_url = server.url("zava_app", PASSWORDS["zava_app"], name)
        self.jobs_url = server.url("zava_jobs", PASSWORDS["zava_jobs"], name)
        self.backup_url = server.url("zava_backup", PASSWORDS["zava_backup"], name)
        self.keys_url = server.url("zava_keys", PASSWORDS["zava_keys"], name)

    def as_superuser(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.superuser_url, autocommit=True)

    def as_app(self, context: str | None = None) -> psycopg.Connection[Any]:
        """The bare login role, as nobody but the server should have it; with a context for the whole session."""
        connection = psycopg.connect(self.app_url, autocommit=True)
        if context is not None:
            connection.execute("SELECT set_config('app.rls_context', %s, false)", (context,))
        return connection


class KeptSecrets:
    """A source of secrets for the vault; tests change the list."""

    def __init__(self, *keys: Secret) -> None:
        self.keys = list(keys)

    async def newest(self, name: str, count: int) -> list[Secret]:
        return [key for key in self.keys if key.name == name][:count]

    async def close(self) -> None:
        """Holds nothing."""


def nobody_embeds() -> QueryEmbeddings:
    """For servers whose search goes by words: the service that would embed listens nowhere."""
    return QueryEmbeddings(
        Embedder("http://127.0.0.1:9/v1", "text-embedding-3-small", lambda _: vault_key(Vault(KeptSecrets())))
    )


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    with loaded_server(KEY) as server:
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            for role, password in PASSWORDS.items():
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                )
        yield server


@pytest.fixture(scope="session")
def make_database(server: EmbeddedPostgres) -> MakeDatabase:
    """Copies of the loaded template, each gone with the server."""
    numbers = itertools.count(1)

    def make() -> Database:
        name = f"copy_{next(numbers)}"
        with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE)
                )
            )
        with psycopg.connect(server.superuser_url(name), autocommit=True) as connection:
            for script in NOT_COPIED:
                connection.execute(script)
        return Database(server, name)

    return make


@pytest.fixture(scope="session")
def sample(make_database: MakeDatabase) -> Database:
    """A copy that all tests share who only read."""
    return make_database()


@pytest.fixture
def database(make_database: MakeDatabase, server: EmbeddedPostgres) -> Iterator[Database]:
    """A copy of one's own."""
    copy = make_database()
    yield copy
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copy.name)))


def context_of(
    name: str, *, store_scope: UUID | None = None, seconds: int = 60, key: Secret = KEY, shape: Shape | None = None
) -> str:
    """A signed context of one of the local people."""
    principal_id = caller_of(name).principal_id
    return sign_context(key.key(), key.version, principal_id, store_scope, seconds=seconds, shape=shape)


def settings_for(app_database_url: str, *, pool_size: int = 1) -> Settings:
    """Settings of an application over a test database. Its issuer does not exist."""
    return Settings(
        app_database_url=app_database_url,
        jobs_database_url=app_database_url.replace(
            f"zava_app:{PASSWORDS['zava_app']}", f"zava_jobs:{PASSWORDS['zava_jobs']}"
        ),
        mcp_server_url="http://127.0.0.1:7071/mcp",
        entra_tenant_ids=(str(PEOPLE["nobody"].tenant_id),),
        token_audiences=("api://test",),
        openai_base_url="http://127.0.0.1:9/v1",
        secrets_file="unused",
        audit_spool=str(SPOOLS / app_database_url.rpartition("/")[2].partition("?")[0]),
        pool_min_size=pool_size,
        pool_max_size=pool_size,
    )


@pytest.fixture
async def invocations(sample: Database) -> AsyncIterator[Invocations]:
    """The door to the shared sample, with one connection, so that what one call leaves the next one meets."""
    async with open_invocations(sample.app_url) as door:
        yield door


@asynccontextmanager
async def open_invocations(app_url: str, *keys: Secret, pool_size: int = 1) -> AsyncIterator[Invocations]:
    """A door of one's own, by default with the key that the database knows; without the gate (tests/attestation)."""
    async with open_pool(settings_for(app_url, pool_size=pool_size)) as pool:
        vault = Vault(KeptSecrets(*(keys or (KEY, CURSOR_KEY))))
        yield Invocations(pool, vault, Isolation(pool, vault)).without_proof()


@pytest.fixture(scope="session")
def one_openai_service() -> Iterator[OpenAIService]:
    with running_service() as service:
        yield service


@pytest.fixture
def openai_service(one_openai_service: OpenAIService) -> OpenAIService:
    """A service that answers, until a test says otherwise."""
    one_openai_service.reset()
    return one_openai_service


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL, not being root, can reach."""
    with tempfile.TemporaryDirectory(prefix="zava-tests-") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that nobody else can enter, as a clone in a home often is: PostgreSQL's data go elsewhere."""
    with tempfile.TemporaryDirectory(prefix="zava-tests-") as folder:
        yield Path(folder)
    remove_abandoned_homes()


@pytest.fixture(scope="session")
def stack(open_folder: Path) -> Iterator[RunningStack]:
    """`dev.py start` with the full data on a free port, behind one that was killed while it loaded the data."""
    state = open_folder / "stack"
    state.mkdir()
    kill_while_loading(state)
    with started_stack(state, "--data", "full") as running:
        with running.connect("SUPERUSER_DATABASE_URL") as superuser:
            keep_embeddings(superuser)
        yield running


@pytest.fixture(scope="session")
def fixture_host(stack: RunningStack) -> Iterator[str]:
    """The base URL of one more instance of the server, with the conformance suite's own tools added."""
    tasks = {"TASK_GRACE_SECONDS": "0", "POOL_MAX_SIZE": "64"}  # at once, and sixteen of them
    with host_beside(stack, "fixtures", REPOSITORY / "tests/conformance/app", **tasks) as url:
        yield url


@pytest.fixture(scope="session")
def dev() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs `dev.py` with arguments, to its end."""

    return run_dev
