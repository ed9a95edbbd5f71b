"""Several statements in one round trip, by libpq's pipeline: what comes back, and what an error leaves behind."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import TransactionStatus

from shared.database.conversation import Said, converse, rows_of
from tests.conftest import Database

pytestmark = pytest.mark.anyio

type Connection = psycopg.AsyncConnection[tuple[object, ...]]


@pytest.fixture
async def connection(sample: Database) -> AsyncIterator[Connection]:
    async with await psycopg.AsyncConnection.connect(sample.app_url, autocommit=True) as connection:
        yield connection


def status_of(connection: Connection) -> TransactionStatus:
    return connection.info.transaction_status


async def test_each_statement_has_its_result_in_order(connection: Connection) -> None:
    results = await converse(connection, [Said(f"SELECT {number}, 'ü'") for number in range(5)])
    assert [rows_of(connection, result, skip=0, most=9) for result in results] == [
        [[number, "ü"]] for number in range(5)
    ]


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (Said("SELECT %s, %s", ("a%s", None)), ["a%s", None]),
        (Said("SELECT %(b)s || %(a)s || %(b)s, '%%(a)s'", {"a": "1", "b": "2", "unused": "3"}), ["212", "%(a)s"]),
        (Said("SELECT %(many)s::int[], 7 %% 4", {"many": [1, 2]}), [[1, 2], 3]),
        (Said("SELECT '%s', '%%'"), ["%s", "%%"]),
        (Said("SELECT '%%'", ()), ["%"]),
    ],
)
async def test_placeholders_are_those_of_psycopg(connection: Connection, said: Said, row: list[object]) -> None:
    [result] = await converse(connection, [said])
    assert rows_of(connection, result, skip=0, most=9) == [row]
    cursor = await connection.execute(said.text.encode(), said.parameters)
    assert await cursor.fetchall() == [tuple(row)]


async def test_the_first_that_fails_is_raised_and_those_behind_it_do_not_run(connection: Connection) -> None:
    said = [Said("BEGIN"), Said("SELECT 1/0"), Said("SELECT no_such_column"), Said("ROLLBACK")]
    with pytest.raises(errors.DivisionByZero) as raised:
        await converse(connection, said)
    assert raised.value.diag.message_primary == "division by zero"
    assert status_of(connection) == TransactionStatus.INERROR
    await converse(connection, [Said("ROLLBACK")])
    assert status_of(connection) == TransactionStatus.IDLE


@pytest.mark.parametrize("text", ["SELECT 1; SELECT 2", "SELECT 1; ROLLBACK; SELECT 2"])
async def test_a_text_is_one_statement(connection: Connection, text: str) -> None:
    with pytest.raises(errors.SyntaxError, match="multiple commands"):
        await converse(connection, [Said(text)])


async def test_a_session_that_is_ended_in_the_middle_is_an_error_and_no_wait(sample: Database) -> None:
    async with await psycopg.AsyncConnection.connect(sample.superuser_url, autocommit=True) as superuser:
        with pytest.raises(psycopg.OperationalError):
            await converse(superuser, [Said("SELECT pg_terminate_backend(pg_backend_pid())"), Said("SELECT 1")])
        assert superuser.broken


async def test_psycopgs_own_statements_go_on_behind_it(connection: Connection) -> None:
    await converse(connection, [Said("SELECT 1")])
    async with connection.pipeline(), connection.transaction():
        cursor = await connection.execute("SELECT 2")
    assert await cursor.fetchone() == (2,)
