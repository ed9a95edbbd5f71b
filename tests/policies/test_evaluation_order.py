"""Nothing that a caller writes is evaluated on a foreign row: no condition fails, counts or locks because one exists.

PostgreSQL takes conditions without columns and some others for leakproof and runs the cheaper one first. A sub-select
in a condition is evaluated when the first row reaches it, so an error in it tells that there was one.
"""

from contextlib import suppress

import psycopg
import pytest

from shared.errors import ToolFault
from shared.invocation import Invocations
from shared.rls_context import Shape
from tests.conftest import Database, caller_of, context_of

ALARM = "(SELECT 1 / count(*) > 0 FROM retail.categories WHERE category_id < 0)"
"""Fails with a division by zero when it is evaluated."""
TABLES = {
    "orders": ("order_id = {row}", 197664, "customer_id"),
    "order_items": ("store_id = 1 AND order_item_id = {row}", 1, "quantity"),
    "inventory": ("store_id = 1 AND product_id = {row}", 7, "stock_level"),
    "customers": ("customer_id = {row}", 7, "email"),
}
"""How one row is named, the number of a row that is not kirkland's, and a column of it."""
NO_SUCH_ROW = 900_000
FOREIGN_TO_THE_WEST = {
    "orders": "SELECT max(order_id) FROM retail.orders WHERE store_id = 8",
    "customers": "SELECT max(customer_id) FROM retail.customers WHERE primary_store_id = 8 AND customer_id NOT IN"
    " (SELECT customer_id FROM access.visits WHERE store_id IN (1, 2, 6, 7))",
}
CONDITIONS = {
    "is null or": "({column} IS NULL OR {alarm})",
    "case": "CASE WHEN {column} IS NULL THEN false ELSE {alarm} END",
    "volatile": "1 / floor(random()) > 0",
    "volatile by case": "CASE WHEN random() >= 0 THEN {alarm} ELSE false END",
    "row is null": "(ROW ({column}) IS NULL OR {alarm})",
    "distinct": "CASE WHEN {column} IS DISTINCT FROM NULL THEN {alarm} ELSE false END",
    "a free comparison": "CASE WHEN {column} <= ANY ('{{9}}') THEN {alarm} ELSE {alarm} END",
}
SHAPES = {
    "plain": "SELECT 1 FROM retail.{table} t WHERE {key} AND {condition}",
    "the other way round": "SELECT 1 FROM retail.{table} t WHERE {condition} AND {key}",
    "aggregate": "SELECT count(*) FILTER (WHERE true) FROM retail.{table} t WHERE {key} AND {condition}",
    "exists": "SELECT EXISTS (SELECT FROM retail.{table} t WHERE {key} AND {condition})",
    "lateral": "SELECT 1 FROM (VALUES (1)) v, LATERAL (SELECT 1 FROM retail.{table} t WHERE {key} AND {condition}) l",
    "join": "SELECT 1 FROM retail.stores s JOIN retail.{table} t ON {condition} WHERE {key}",
    "sample": "SELECT 1 FROM retail.{table} t TABLESAMPLE SYSTEM (100) WHERE {key} AND {condition}",
    "sorted": "SELECT 1 FROM retail.{table} t WHERE {key} AND {condition} ORDER BY {column} LIMIT 1",
}
UNIONS = {
    "an arm": "SELECT 1 FROM (SELECT * FROM retail.{table} UNION ALL SELECT * FROM retail.{table} WHERE false) t"
    " WHERE {key} AND {condition}",
    "in a CTE": "WITH t AS (SELECT * FROM retail.{table} UNION ALL"
    " SELECT * FROM retail.{table} WHERE false) SELECT 1 FROM t WHERE {key} AND {condition}",
    "in a join": "SELECT 1 FROM retail.stores s JOIN (SELECT * FROM retail.{table}"
    " UNION ALL SELECT * FROM retail.{table} WHERE false) t ON {condition} WHERE {key}",
    "in an exists": "SELECT EXISTS (SELECT FROM (SELECT * FROM retail.{table}"
    " UNION ALL SELECT * FROM retail.{table} WHERE false) t WHERE {key} AND {condition})",
}
"""Their arms become parts of one relation, in which a caller's condition stands before the policy at equal costs."""
PLANNERS = {
    "by default": (),
    "sequential": ("enable_indexscan = off", "enable_bitmapscan = off", "enable_indexonlyscan = off"),
    "by index": ("enable_seqscan = off",),
    "operators for free": ("cpu_operator_cost = 0",),
    "with backslashes": ("standard_conforming_strings = off", "escape_string_warning = off"),
}


def fails(app: psycopg.Connection[object], statement: str) -> bool:
    try:
        app.execute(statement.encode())
    except psycopg.errors.DivisionByZero:
        return True
    return False


def probe(table: str, row: int, shape: str, how: str) -> str:
    key, _, column = TABLES[table]
    condition = CONDITIONS[how].format(column=f"t.{column}", alarm=ALARM)
    named = key.format(row=row).replace("store_id", "t.store_id")
    return (SHAPES | UNIONS)[shape].format(table=table, key=named, condition=condition, column=column)


@pytest.mark.parametrize("said", [None, Shape.SINGLE])
@pytest.mark.parametrize("actor", ["kirkland", "nobody"])
@pytest.mark.parametrize("planner", PLANNERS)
@pytest.mark.parametrize("table", TABLES)
def test_a_foreign_row_and_no_row_cannot_be_told_apart(
    sample: Database, table: str, planner: str, actor: str, said: Shape | None
) -> None:
    foreign = TABLES[table][1]
    told = []
    with sample.as_app(context_of(actor, shape=said)) as app:
        for setting in PLANNERS[planner]:
            app.execute(f"SET {setting}")
        for shape in SHAPES | UNIONS:
            for how in CONDITIONS:
                if fails(app, probe(table, foreign, shape, how)) != fails(app, probe(table, NO_SUCH_ROW, shape, how)):
                    told.append((shape, how))
    assert not told


@pytest.mark.parametrize("actor", ["kirkland", "nobody"])
@pytest.mark.parametrize("planner", ["by default", "by index", "with backslashes"])
def test_nor_where_customers_are_a_list_of_numbers(sample: Database, planner: str, actor: str) -> None:
    told = []
    with sample.as_app(context_of(actor)) as app:
        app.execute("SET app.sees = 'several'")  # as enter_context does for a transaction
        for setting in PLANNERS[planner]:
            app.execute(f"SET {setting}".encode())
        for shape in SHAPES | UNIONS:
            for how in CONDITIONS:
                rows = (TABLES["customers"][1], NO_SUCH_ROW)
                if len({fails(app, probe("customers", row, shape, how)) for row in rows}) > 1:
                    told.append((shape, how))
    assert not told


@pytest.mark.parametrize("said", [None, Shape.SINGLE])
@pytest.mark.parametrize("planner", ["by default", "sequential", "by index"])
@pytest.mark.parametrize("table", FOREIGN_TO_THE_WEST)
def test_nor_does_a_plan_for_one_store_that_somebody_else_asks_for(
    sample: Database, table: str, planner: str, said: Shape | None
) -> None:
    """It fails for who sees several, whatever there is."""

    def outcome(row: int, shape: str, how: str) -> str:
        try:
            app.execute(probe(table, row, shape, how).encode())
        except psycopg.Error as error:
            return error.sqlstate or ""
        return "rows"

    with sample.as_superuser() as superuser:
        [(foreign,)] = superuser.execute(FOREIGN_TO_THE_WEST[table].encode()).fetchall()
    told, outcomes = [], set()
    with sample.as_app(context_of("west-region", shape=said)) as app:
        app.execute("SET app.sees = 'one'")
        app.execute("SET app.customers_joined = 'true'")
        for setting in PLANNERS[planner]:
            app.execute(f"SET {setting}".encode())
        for shape in SHAPES | UNIONS:
            for how in CONDITIONS:
                seen = {outcome(row, shape, how) for row in (foreign, NO_SUCH_ROW)}
                outcomes |= seen
                if len(seen) > 1:
                    told.append((shape, how))
    assert not told
    assert ("ZV003" in outcomes) == (table == "orders")  # customers have no form for one store


@pytest.mark.parametrize("table", TABLES)
def test_a_copied_union_tells_nothing_either(sample: Database, table: str) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        for row in (TABLES[table][1], NO_SUCH_ROW):
            for how in CONDITIONS:
                with (
                    suppress(psycopg.errors.DivisionByZero if how.startswith("volatile") else psycopg.errors.NoData),
                    app.cursor().copy(f"COPY ({probe(table, row, 'an arm', how)}) TO STDOUT".encode()) as lines,
                ):
                    assert not list(lines)


@pytest.mark.parametrize("setting", ["cpu_operator_cost = 1000", "plan_cache_mode = force_generic_plan"])
def test_a_statement_that_was_prepared_is_planned_as_safely(sample: Database, setting: str) -> None:
    """By the protocol; by SQL it is in the corpus. The text that the planner sees is that of the PREPARE."""
    statement = probe("customers", TABLES["customers"][1], "an arm", "is null or")
    with sample.as_app(context_of("kirkland")) as app:
        app.execute(f"SET {setting}".encode())
        for _ in range(7):  # PostgreSQL thinks of a plan for all values after the fifth
            assert app.execute(statement.encode(), prepare=True).fetchall() == []


@pytest.mark.parametrize("settings", PLANNERS)
def test_a_plan_is_explained_as_it_would_run(sample: Database, settings: str) -> None:
    union = SHAPES["plain"] + " UNION ALL " + SHAPES["plain"]
    for form in (SHAPES["plain"], union):
        query = form.format(
            table="orders", key="t.order_id < 9000", condition="t.customer_id > 7", column="customer_id"
        )
        with sample.as_app(context_of("kirkland")) as app, app.transaction():
            for setting in PLANNERS[settings]:
                app.execute(f"SET LOCAL {setting}".encode())
            [(told,)] = app.execute("SELECT access.plan_of(%s)", (query,)).fetchall()
            [([real],)] = app.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchall()
        assert told == real["Plan"]


@pytest.mark.anyio
@pytest.mark.parametrize("actor", ["kirkland", "nobody"])
@pytest.mark.parametrize("table", TABLES)
async def test_through_the_door_a_union_tells_nothing(invocations: Invocations, table: str, actor: str) -> None:
    async def outcome(row: int, shape: str, how: str) -> str:
        try:
            answer = await invocations.read_free(caller_of(actor), probe(table, row, shape, how), max_rows=1)
        except ToolFault as fault:
            return fault.problem
        return str(answer.rows)

    ran = 0
    for shape in UNIONS:
        for how in CONDITIONS:
            there = await outcome(TABLES[table][1], shape, how)
            assert there == await outcome(NO_SUCH_ROW, shape, how), (shape, how)
            ran += "not available" not in there and "random" not in there
    assert ran >= 8


@pytest.mark.parametrize("table", TABLES)
def test_the_probes_tell_of_a_row_of_ones_own(sample: Database, table: str) -> None:
    """The test above can fail: who may see the row hears every probe, and hears nothing where there is none."""
    row = TABLES[table][1]
    with sample.as_app(context_of("head-office")) as app:
        for how in CONDITIONS:
            assert fails(app, probe(table, row, "plain", how)), how
            assert not fails(app, probe(table, NO_SUCH_ROW, "plain", how)), how


@pytest.mark.parametrize("table", TABLES)
def test_the_probed_rows_are_there_and_are_not_kirklands(sample: Database, table: str) -> None:
    key, row, _ = TABLES[table]
    statement = f"SELECT count(*) FROM retail.{table} WHERE {key.format(row=row)}"
    with sample.as_superuser() as superuser, sample.as_app(context_of("kirkland")) as kirkland:
        assert superuser.execute(statement).fetchone() == (1,)
        assert kirkland.execute(statement).fetchone() == (0,)


@pytest.mark.parametrize("table", TABLES)
def test_locks_taken_in_a_condition_count_ones_own_rows_only(sample: Database, table: str) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        own = app.execute(f"SELECT count(*) FROM retail.{table}").fetchone()
        app.execute(f"SELECT count(*) FROM retail.{table} WHERE pg_try_advisory_lock(5)")
        released = 0
        while app.execute("SELECT pg_advisory_unlock(5)").fetchone() == (True,):
            released += 1
            app.execute("SET client_min_messages = error")
    assert own is not None
    assert released in (0, 1, own[0])
