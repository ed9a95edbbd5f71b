"""Statements that want too much, over HTTP to the Functions host, while somebody else works."""

import itertools
from collections.abc import Iterator

import httpx2
import pytest
from psycopg import sql

from local.state import DATABASE
from tests.isolation.families.bombs import BOMBS
from tests.isolation.watch import POINT_QUERY, send, watched
from tests.processes import eventually
from tests.stack import PLAIN, RunningStack

ATTACKERS = itertools.cycle(("kirkland", "redmond", "everett", "spokane", "tacoma", "bellevue", "online"))
"""Each bomb another's, so that no bomb is spared by a limit that the one before has used up."""
STATEMENT_SECONDS = 1
"""The role's limit, shorter for these tests."""
ANSWER_SECONDS = 20
"""What PostgreSQL does to one value of a gigabyte it does to the end, on a busy machine for some seconds."""
WAIT_SECONDS = 1.0
GROWTH_BYTES = 100 * 1024 * 1024


@pytest.fixture(scope="module")
def impatient(stack: RunningStack) -> Iterator[RunningStack]:
    """The stack with a short statement_timeout, so that what must run into a limit does so soon."""
    role = sql.SQL("ALTER ROLE zava_app IN DATABASE {} ").format(sql.Identifier(DATABASE))
    new_sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'zava_app'"
    with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
        superuser.execute(role + sql.SQL("SET statement_timeout = {}").format(f"{STATEMENT_SECONDS}s"))
        superuser.execute(new_sessions)
        with httpx2.Client(base_url=stack.base, headers=stack.headers("seattle"), timeout=60) as client:
            eventually(lambda: send(client, POINT_QUERY, max_rows=1).ran, "an answer over new connections")
        yield stack
        superuser.execute(role + sql.SQL("RESET statement_timeout"))
        superuser.execute(new_sessions)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_by_its_limit_and_nobody_else_feels_it(impatient: RunningStack, bomb: str) -> None:
    headers = impatient.headers(next(ATTACKERS))
    with (
        httpx2.Client(base_url=impatient.base, headers=headers, timeout=60, verify=PLAIN) as client,
        watched(impatient) as watch,
    ):
        outcome = send(client, BOMBS[bomb])
    assert outcome.seconds < ANSWER_SECONDS, outcome.said
    assert not outcome.said.startswith("5"), outcome.said
    assert outcome.said != "more bytes than anybody should get"
    assert not watch.wrong
    assert max(watch.waits) < WAIT_SECONDS
    assert watch.grown_bytes < GROWTH_BYTES
