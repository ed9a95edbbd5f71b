"""Whether a customer's number is given out cannot be told: one unseen costs what one costs that is not there.

Every look runs as the server runs it, under EXPLAIN ANALYZE. What PostgreSQL then counts (rows, loops, index searches,
blocks) is where time comes from; it is the same for both numbers, to the last one.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from shared.database.queries import named_queries
from shared.database.statement import CALL, Statement, free_statement, own_statement
from shared.sql_guard import SqlGuard, load_allowed_functions
from tests.conftest import Database, MakeDatabase, context_of

LOOKS = {
    "a number": "SELECT first_name FROM customers WHERE customer_id = {n}",
    "a bigint": "SELECT first_name FROM customers WHERE customer_id = {n}::bigint",
    "the other way round": "SELECT first_name FROM customers WHERE {n} = customer_id AND last_name > 'A'",
    "exists": "SELECT EXISTS (SELECT FROM customers WHERE customer_id = {n})",
    "numbers": "SELECT first_name FROM customers WHERE customer_id IN ({n}, {n} + 0, 900001)",
    "an array": "SELECT first_name FROM customers WHERE customer_id = ANY (ARRAY(SELECT {n}))",
    "a range": "SELECT first_name FROM customers WHERE customer_id BETWEEN {n} AND {n}",
    "a row": "SELECT count(*) FROM customers WHERE (customer_id, last_name) >= ({n}, '') AND customer_id < {n} + 1",
    "those in front": "SELECT customer_id FROM customers WHERE customer_id < {n} + 1 ORDER BY customer_id DESC LIMIT 1",
    "those behind": "SELECT customer_id FROM customers WHERE customer_id >= {n} ORDER BY customer_id LIMIT 1",
    "the least": "SELECT min(customer_id) FROM customers WHERE customer_id >= {n}",
    "a page": "SELECT customer_id FROM customers WHERE customer_id >= {n} ORDER BY 1 OFFSET 3 LIMIT 4",
    "in order without a limit": "SELECT * FROM customers WHERE customer_id >= {n} ORDER BY customer_id",
    "distinct": "SELECT DISTINCT customer_id FROM customers WHERE customer_id >= {n} LIMIT 1",
    "an order's": "SELECT last_name FROM orders JOIN customers USING (customer_id) WHERE orders.customer_id = {n}",
    "of joined customers": "SELECT last_name FROM orders JOIN customers USING (customer_id) WHERE customer_id = {n}",
    "outer": "SELECT last_name FROM customers LEFT JOIN orders USING (customer_id) WHERE customers.customer_id = {n}",
    "a series": "SELECT count(c.email) FROM generate_series(1, 50) AS s JOIN customers AS c"
    " ON c.customer_id = {n} + s * 0",
    "a lateral": "SELECT count(l.x) FROM generate_series(1, 50) AS s,"
    " LATERAL (SELECT 1 AS x FROM customers WHERE customer_id = {n} + s * 0 LIMIT 1) AS l",
    "a sub-select": "SELECT count((SELECT 1 FROM customers WHERE customer_id = s * 0 + {n}))"
    " FROM generate_series(1, 50) AS s",
    "of each order": "SELECT count((SELECT 1 FROM customers AS c WHERE c.customer_id = o.order_id * 0 + {n}))"
    " FROM (SELECT * FROM orders LIMIT 300) AS o",
    "a CTE": "WITH k AS MATERIALIZED (SELECT {n} AS customer_id) SELECT email FROM k"
    " JOIN customers USING (customer_id)",
    "a CTE named as a table": "WITH orders AS MATERIALIZED (SELECT {n} AS customer_id)"
    " SELECT email FROM orders JOIN customers ON customers.customer_id = orders.customer_id",
    "a sub-select named as a table": "SELECT email FROM (SELECT {n} AS customer_id OFFSET 0) AS orders"
    " JOIN customers USING (customer_id)",
    "values": "SELECT email FROM (VALUES ({n}), ({n})) AS orders (customer_id) JOIN customers USING (customer_id)",
    "another column under the name": "SELECT count(c.email) FROM (SELECT * FROM orders LIMIT 30) AS k,"
    " orders AS o (customer_id, x, y, z) JOIN customers AS c ON c.customer_id = o.customer_id - o.customer_id + {n}",
    "an alias like a plan": "SELECT c.email FROM generate_series({n}, {n})"
    ' AS "customer_id = o.customer_id)" (customer_id)'
    " JOIN customers AS c USING (customer_id)",
    "an arm": "SELECT email FROM customers WHERE customer_id = {n} UNION ALL SELECT 'x'",
    "arms as one": "SELECT email FROM (TABLE customers UNION ALL TABLE customers) AS c WHERE customer_id = {n}",
    "recursively": "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r JOIN customers"
    " ON customer_id = {n} + n * 0"
    " WHERE n < 20) SELECT count(*) FROM r LIMIT 5",
    "behind an order's, by UNION ALL": "SELECT count(c.email) FROM ((SELECT customer_id FROM orders LIMIT 3)"
    " UNION ALL SELECT {n} + s * 0 FROM generate_series(1, 50) AS s) AS u JOIN customers AS c USING (customer_id)",
    "behind an order's, by UNION": "SELECT count(c.email) FROM ((SELECT customer_id FROM orders LIMIT 3)"
    " UNION SELECT {n}) AS u JOIN customers AS c USING (customer_id)",
    "behind an order's, in order": "SELECT count(c.email) FROM ((SELECT customer_id FROM orders LIMIT 3)"
    " UNION ALL SELECT {n} ORDER BY 1 LIMIT 9) AS u JOIN customers AS c USING (customer_id)",
    "in a union": "SELECT email FROM customers WHERE customer_id IN"
    " ((SELECT customer_id FROM orders LIMIT 3) UNION ALL SELECT {n})",
    "of each row of a union": "SELECT (SELECT email FROM customers AS c WHERE c.customer_id = u.customer_id)"
    " FROM ((SELECT customer_id FROM orders LIMIT 3) UNION ALL SELECT {n}) AS u",
    "with itself": "SELECT a.email FROM customers AS a JOIN customers AS b USING (customer_id)"
    " WHERE b.customer_id = {n}",
    "a sample": "SELECT count(*) FROM customers TABLESAMPLE SYSTEM (20) REPEATABLE (1) WHERE customer_id = {n}",
}
JOINS = {
    "a join": "SELECT order_id, last_name FROM orders JOIN customers USING (customer_id)"
    " WHERE order_date = '2024-03-01'",
    "a sub-select": "SELECT order_id, (SELECT email FROM customers AS c WHERE c.customer_id = o.customer_id)"
    " FROM orders AS o WHERE order_date = '2024-03-01'",
    "a table": "SELECT last_name FROM customers",
    "a count": "SELECT primary_store_id, count(*) FROM customers GROUP BY 1",
    "the best": "SELECT customer_id, last_name, sum(total_amount) FROM customers JOIN orders USING (customer_id)"
    " JOIN order_items USING (store_id, order_id) GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 10",
}
OWN: dict[str, Callable[[int], tuple[str, dict[str, Any]]]] = {
    "recommendations": lambda number: (
        named_queries("recommendations")["occasion"],
        {"customer_id": number, "product_id": None, "days": 90, "dated": True, "product_name": None},
    ),
    "encrypted contacts": lambda number: (
        named_queries("contacts")["granted"],
        {"customers": [number, number], "keys": [1]},
    ),
}
GUARD = SqlGuard(load_allowed_functions())


@pytest.fixture(scope="module")
def sample_copy(make_database: MakeDatabase) -> Database:
    """Of this module's own."""
    return make_database()


@pytest.fixture(scope="module")
def numbers(sample_copy: Database) -> tuple[int, int]:
    """One that neither of the callers sees, and one beside it that nobody has."""
    with sample_copy.as_superuser() as superuser:
        superuser.execute("UPDATE access.principals SET sees_contacts = true")
        [(foreign, absent)] = superuser.execute(
            "SELECT a.customer_id, b.customer_id FROM retail.customers AS a"
            " JOIN retail.customers AS b ON b.customer_id = a.customer_id + 1"
            " WHERE NOT EXISTS (SELECT FROM retail.orders AS o WHERE o.customer_id IN (a.customer_id, b.customer_id)"
            " AND o.store_id IN (1, 2, 6, 7)) AND a.primary_store_id NOT IN (1, 2, 6, 7)"
            " AND b.primary_store_id NOT IN (1, 2, 6, 7) AND a.customer_id > 20000 LIMIT 1"
        ).fetchall()
        superuser.execute(
            "DELETE FROM retail.order_items USING retail.orders WHERE orders.store_id = order_items.store_id"
            " AND orders.order_id = order_items.order_id AND orders.customer_id = %s",
            (absent,),
        )
        superuser.execute("DELETE FROM retail.orders WHERE customer_id = %s", (absent,))
        superuser.execute("DELETE FROM retail.customers WHERE customer_id = %s", (absent,))
        superuser.execute("VACUUM ANALYZE retail.customers, retail.orders, retail.order_items, access.visits")
    return foreign, absent


def as_run(text: str) -> Statement:
    """As the server runs a caller's own text."""
    return free_statement(GUARD.check(text), CALL, affordable=False)


def enter(app: psycopg.Connection[Any], actor: str, statement: Statement) -> None:
    app.execute("SELECT access.enter_context(%s)", (context_of(actor, shape=statement.shape),))
    if statement.planning is not None:
        app.execute("SELECT access.refuse_above(%s, %s, %s)", statement.planning)


def counted(app: psycopg.Connection[Any], statement: Statement) -> str:
    """What PostgreSQL counts while it runs, as text."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) {statement.declaration}"
    [([told],)] = app.cursor().execute(explain.encode(), statement.parameters).fetchall()
    return json.dumps(told["Plan"], indent=1)


def cost(database: Database, actor: str, statement: Statement, number: int, *, joined: bool = False) -> str:
    with database.as_app() as app, app.transaction():
        enter(app, actor, statement)
        if joined:
            app.execute("SET LOCAL app.customers_joined = 'true'")
        counted(app, statement)  # what is looked up in catalogues is known from here on
        told = counted(app, statement)
    return re.sub(rf"\b{number + 1}\b", "n + 1", re.sub(rf"\b{number}\b", "n", told))


def costs(
    database: Database, actor: str, of: Callable[[int], Statement], numbers: tuple[int, int], *, joined: bool = False
) -> tuple[str, str]:
    """Of the foreign number and of the one that nobody has."""
    foreign, absent = (cost(database, actor, of(number), number, joined=joined) for number in numbers)
    return foreign, absent


@pytest.mark.parametrize("actor", ["kirkland", "west-region", "nobody"])
@pytest.mark.parametrize("look", LOOKS)
def test_a_number_that_is_not_seen_costs_what_one_costs_that_is_not_there(
    sample_copy: Database, numbers: tuple[int, int], actor: str, look: str
) -> None:
    foreign, absent = costs(sample_copy, actor, lambda number: as_run(LOOKS[look].format(n=number)), numbers)
    assert foreign == absent


@pytest.mark.parametrize("actor", ["kirkland", "west-region", "nobody"])
@pytest.mark.parametrize("tool", OWN)
def test_tools_that_take_a_number_cost_the_same(
    sample_copy: Database, numbers: tuple[int, int], actor: str, tool: str
) -> None:
    foreign, absent = costs(sample_copy, actor, lambda number: own_statement(*OWN[tool](number)), numbers)
    assert foreign == absent


def test_with_the_form_for_joins_it_would_be_seen(sample_copy: Database, numbers: tuple[int, int]) -> None:
    def is_told(text: str) -> bool:
        foreign, absent = costs(
            sample_copy, "kirkland", lambda number: as_run(text.format(n=number)), numbers, joined=True
        )
        return foreign != absent

    assert sum(map(is_told, LOOKS.values())) > len(LOOKS) / 2


@pytest.mark.parametrize("union", [look for look in LOOKS if "union" in look.lower() or "behind an" in look])
def test_a_plan_of_a_union_is_not_believed(sample_copy: Database, numbers: tuple[int, int], union: str) -> None:
    """It names the first source of what it puts one behind the other; the guard keeps such a plan from being asked."""
    declaration = as_run(LOOKS[union].format(n=numbers[0])).declaration
    with sample_copy.as_app() as app, app.transaction():
        app.execute("SELECT access.enter_context(%s)", (context_of("kirkland"),))
        app.execute("SELECT access.refuse_above(1e9, 'SELECT 1', %s)", (declaration,))
        assert app.execute("SHOW app.customers_joined").fetchone() == ("false",)


@pytest.mark.parametrize("sample", ["", " TABLESAMPLE SYSTEM (100)"])
def test_a_column_under_another_name_is_no_customers_number(sample_copy: Database, sample: str) -> None:
    """EXPLAIN prints the names of an alias, so that numbers of orders would pass for customers'."""
    statement = as_run(
        f"SELECT c.email FROM orders AS o (customer_id, x, y, z){sample}"
        " JOIN customers AS c ON c.customer_id = o.customer_id WHERE o.z = '2024-03-01'"
    )
    with sample_copy.as_app() as app, app.transaction():
        enter(app, "kirkland", statement)
        assert "customer_id = ANY" in counted(app, statement)
    with sample_copy.as_app() as app, app.transaction():
        app.execute("SELECT access.enter_context(%s)", (context_of("kirkland"),))
        app.execute("SELECT access.refuse_above(1e9, 'SELECT 1', %s)", (statement.declaration,))
        assert app.execute("SHOW app.customers_joined").fetchone() == ("true",)


@pytest.mark.parametrize("actor", ["kirkland", "west-region"])
@pytest.mark.parametrize("join", JOINS)
def test_visible_orders_customers_are_joined_by_mask(sample_copy: Database, join: str, actor: str) -> None:
    statement = as_run(JOINS[join])
    with sample_copy.as_app() as app, app.transaction():
        enter(app, actor, statement)
        assert app.execute("SHOW app.customers_joined").fetchone() == ("true",)
        assert "customer_id = ANY" not in counted(app, statement)
