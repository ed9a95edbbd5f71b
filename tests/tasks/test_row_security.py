"""What the jobs' login may do with tasks without the server: nothing, but for learning whose is abandoned."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Database, caller_of, context_of
from tests.isolation.contexts import forged_contexts

TASK = """
INSERT INTO ops.tasks (
    tenant_id, object_id, client_id, scopes, tool, arguments, store_ids, lease_owner, lease_until, expires_at
)
VALUES (%s, %s, 'client', '{sales.read}', 'execute_sales_query', '{"postgresql_query": "SELECT 1"}', %s, %s,
    clock_timestamp() - interval '1 second', clock_timestamp() + interval '1 hour')
"""
OWNERS = {"kirkland": [7], "head-office": [1, 2, 3, 4, 5, 6, 7, 8]}


@pytest.fixture(scope="module")
def tasks(sample: Database) -> Iterator[Database]:
    """One task of each owner."""
    with sample.as_superuser() as superuser:
        for name, stores in OWNERS.items():
            superuser.execute(TASK, task_of(name, stores))
        yield sample
        superuser.execute("TRUNCATE ops.tasks")


def task_of(name: str, stores: list[int]) -> tuple[object, ...]:
    caller = caller_of(name)
    return caller.tenant_id, caller.object_id, stores, uuid4()


@contextmanager
def as_jobs(database: Database, context: str | None) -> Iterator[psycopg.Connection[Any]]:
    """The bare login; nothing of it stays."""
    with psycopg.connect(database.jobs_url) as connection:
        if context is not None:
            connection.execute("SELECT set_config('app.rls_context', %s, false)", (context,))
        yield connection
        connection.rollback()


def principals(connection: psycopg.Connection[Any]) -> list[object]:
    return [row[0] for row in connection.execute("SELECT principal_id FROM ops.tasks").fetchall()]


@pytest.mark.parametrize("name", OWNERS)
def test_a_signed_context_shows_its_principals_tasks(tasks: Database, name: str) -> None:
    with as_jobs(tasks, context_of(name)) as connection:
        assert principals(connection) == [caller_of(name).principal_id]
        assert connection.execute("UPDATE ops.tasks SET status = 'cancelled'").rowcount == 1


def test_others_see_and_change_nothing(tasks: Database) -> None:
    contexts = {None, context_of("seattle"), context_of("nobody"), context_of("kirkland", seconds=-1)}
    for context in contexts | set(forged_contexts().values()):
        with as_jobs(tasks, context) as connection:
            assert principals(connection) == [], context
            assert connection.execute("UPDATE ops.tasks SET status = 'cancelled'").rowcount == 0


@pytest.mark.parametrize("context", [None, context_of("kirkland"), forged_contexts()["wrong key"]])
def test_nobody_makes_a_task_for_another(tasks: Database, context: str | None) -> None:
    with as_jobs(tasks, context) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(TASK, task_of("head-office", []))


def test_a_result_is_for_who_sees_all_that_it_may_hold(tasks: Database) -> None:
    with as_jobs(tasks, context_of("kirkland")) as connection:
        assert connection.execute("UPDATE ops.tasks SET status = 'completed', result = '{}'").rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("UPDATE ops.tasks SET store_ids = '{7, 8}'")


def test_a_question_is_for_who_sees_all_that_it_may_tell_of(tasks: Database) -> None:
    with as_jobs(tasks, context_of("kirkland")) as connection:
        asking = "UPDATE ops.tasks SET status = 'input_required', input_requests = '{}', request_state = '\"noted\"'"
        assert connection.execute(asking).rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("UPDATE ops.tasks SET store_ids = '{7, 8}'")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ops.tasks",
        "TRUNCATE ops.tasks",
        "UPDATE ops.tasks SET tenant_id = gen_random_uuid()",
        "UPDATE ops.tasks SET store_scope = NULL",
        "UPDATE ops.tasks SET scopes = '{admin}'",
        "UPDATE ops.tasks SET arguments = '{}'",
        "UPDATE ops.tasks SET lease_owner = gen_random_uuid()",
        "UPDATE ops.tasks SET attempts = 0",
        "ALTER TABLE ops.tasks DISABLE ROW LEVEL SECURITY",
        "SELECT * FROM ops.migrations",
        "SELECT * FROM access.principals",
    ],
)
def test_who_a_task_is_run_for_is_not_to_be_changed(tasks: Database, statement: str) -> None:
    with as_jobs(tasks, context_of("kirkland")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_callers_login_reaches_no_task(tasks: Database) -> None:
    with tasks.as_app(context_of("kirkland")) as app:
        for statement in (b"SELECT * FROM ops.tasks", b"SELECT ops.take_over_task(gen_random_uuid(), '1s', 2)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)


def test_who_has_two_at_work_waits_for_a_third(tasks: Database) -> None:
    with as_jobs(tasks, None) as connection:
        asking = "SELECT principal_id FROM ops.take_over_task(gen_random_uuid(), '1 minute', %s)"
        assert connection.execute(asking, (0,)).fetchall() == []
        with tasks.as_superuser() as superuser:
            superuser.execute(TASK, task_of("head-office", []))
        try:
            taken = [connection.execute(asking, (1,)).fetchall() for _ in range(3)]
            assert {row[0] for rows in taken for row in rows} == {caller_of(name).principal_id for name in OWNERS}
            assert taken[2] == []
            assert connection.execute(asking, (2,)).fetchall() == [(caller_of("head-office").principal_id,)]
        finally:
            connection.rollback()
            with tasks.as_superuser() as superuser:
                superuser.execute("DELETE FROM ops.tasks WHERE store_ids = '{}'")


def test_taking_over_tells_whose_it_is_and_no_more(tasks: Database) -> None:
    with as_jobs(tasks, None) as connection:
        taken = connection.execute("SELECT * FROM ops.take_over_task(gen_random_uuid(), '1 minute', 2)")
        assert [column.name for column in taken.description or ()] == ["task_id", "principal_id", "store_scope"]
        others = connection.execute("SELECT * FROM ops.take_over_task(gen_random_uuid(), '1 minute', 2)").fetchall()
        assert {row[1] for row in [*taken.fetchall(), *others]} == {caller_of(name).principal_id for name in OWNERS}
        assert connection.execute("SELECT * FROM ops.take_over_task(gen_random_uuid(), '1s', 2)").fetchall() == []
        assert principals(connection) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ops.tasks SET arguments = to_json(repeat('x', 2000001))",
        "UPDATE ops.tasks SET status = 'completed', result = to_json(repeat('x', 16000001))",
        "UPDATE ops.tasks SET status = 'failed', error = to_json(repeat('x', 10001))",
        "UPDATE ops.tasks SET status = 'completed'",
        "UPDATE ops.tasks SET result = '{}'",
        "UPDATE ops.tasks SET status = 'paused'",
        "UPDATE ops.tasks SET status = 'input_required', input_requests = to_json(repeat('x', 100000))",
        "UPDATE ops.tasks SET input_responses = to_json(repeat('x', 2000000))",
        "UPDATE ops.tasks SET request_state = to_json(repeat('x', 2000000))",
        "UPDATE ops.tasks SET rounds = 11",
        "UPDATE ops.tasks SET status = 'input_required'",
        "UPDATE ops.tasks SET input_requests = '{}'",
        "UPDATE ops.tasks SET status = 'cancelled', input_responses = '{}'",
        "UPDATE ops.tasks SET status = 'cancelled', request_state = '\"noted\"'",
    ],
)
def test_a_row_is_bounded_and_whole(tasks: Database, statement: str) -> None:
    with tasks.as_superuser() as superuser, pytest.raises(psycopg.errors.CheckViolation):
        superuser.execute(statement.encode())
