"""The form of a policy is a matter of speed: which one a statement is planned with; each shows the same rows."""

import psycopg
import pytest

from shared.database.faults import fault_of
from shared.database.schema import SQL_FOLDER
from shared.database.statement import own_statement
from shared.errors import Unavailable
from shared.rls_context import Shape
from tests.conftest import Database, context_of
from tests.isolation.families.probing import BY_READING, LOCKED

ROWS = {"kirkland": 2975, "west-region": 99683, "head-office": 197665, "nobody": 0}
PROBES = {
    "a comparison": "SELECT 1 FROM retail.orders WHERE order_id = {row}",
    "two comparisons": "SELECT 1 FROM retail.orders WHERE order_id = {row} AND customer_id > 0",
    "a constant of a function": "SELECT 1 FROM abs({row}) AS k (order_id) JOIN retail.orders USING (order_id)",
    "a cast": "SELECT 1 FROM CAST('{row}' AS integer) AS k (order_id) NATURAL JOIN retail.orders",
    "two constants": "SELECT 1 FROM abs({row}) AS k (order_id) JOIN retail.orders USING (order_id)"
    " JOIN abs(1) AS s (store_id) USING (store_id)",
    "a series": "SELECT 1 FROM generate_series({row}, {row}) AS k (order_id) JOIN retail.orders USING (order_id)",
}
FOREIGN, ABSENT = 197664, 900_000
JOINED = "SELECT count(*) FROM retail.orders JOIN retail.stores ON stores.store_id = orders.store_id WHERE order_id > 0"
FORMS = {
    "list": ("kirkland", "SELECT count(*) FROM retail.orders"),
    "list of one table": ("kirkland", "SELECT count(*) FROM retail.orders WHERE order_id > 0"),
    "mask": ("head-office", JOINED),
    "mask and list": ("kirkland", JOINED),
}
WITHOUT_A_CONDITION = [
    "SELECT access.policy_form(), count(*) FILTER (WHERE true) FROM retail.orders",
    "SELECT access.policy_form(), count(*) FROM retail.orders",
    "SELECT access.policy_form(), count(*) FROM retail.orders JOIN retail.order_items USING (store_id, order_id)",
    "SELECT access.policy_form(), count(*) FROM retail.orders AS o, retail.stores s CROSS JOIN retail.categories",
    "select access.policy_form(), sum(quantity) from retail.order_items natural join retail.orders order by 2 limit 1",
    "SELECT access.policy_form(), count(DISTINCT extract(year FROM order_date)) FROM retail.orders ORDER BY abs(1)",
]
WITH_ONE = [
    "SELECT access.policy_form() WHERE 1 = 1",
    "SELECT access.policy_form(), count(*) FROM retail.orders, retail.stores WHERE true",
    "SELECT access.policy_form(), count(*) FROM retail.orders NATURAL JOIN retail.stores wHeRe true",
    "SELECT access.policy_form(), count(*) FROM retail.orders,retail.stores\nWHERE\ttrue",
    "SELECT access.policy_form(), count(*) FROM retail.orders WHERE true GROUP BY ()",
    "SELECT access.policy_form(), count(*) FROM retail.orders WHERE order_id > 0 ORDER BY 1",
    "SELECT DISTINCT access.policy_form(), count(*) FROM retail.orders WHERE order_id > 0",
    "SELECT access.policy_form(), max(count(*)) OVER () FROM retail.orders WHERE order_id > 0",
    "SELECT access.policy_form(), count(*) FROM retail.orders HAVING true",
    "SELECT access.policy_form(), count(*) FROM retail.stores AS a JOIN retail.stores AS b ON true",
    "SELECT access.policy_form() FROM (VALUES (1)) AS v",
    "SELECT access.policy_form() FROM (SELECT 1) AS s",
    "WITH k (order_id) AS (VALUES (5)) SELECT access.policy_form(), count(*) FROM k NATURAL JOIN retail.orders",
    "SELECT access.policy_form(), count(*) FROM retail.stores AS a JOIN retail.stores AS b\non true",
    "SELECT access.policy_form(), count(*) FROM retail.stores GROUP BY () HAVING true",
    "SELECT access.policy_form(), count(*) FROM (TABLE retail.stores) AS s WHERE is_online",
    "SELECT access.policy_form(), count(*) FROM abs(5) AS a (order_id) JOIN retail.orders USING (order_id)",
    "SELECT access.policy_form(), count(*) FROM retail.orders AS o (order_id)",
    "SELECT access.policy_form(), count(*) FROM retail.orders TABLESAMPLE SYSTEM (100)",
    "SELECT access.policy_form(), count(*) FROM current_date AS d (order_date) NATURAL JOIN retail.orders",
    "SELECT access.policy_form(), count(*) FROM retail.orders, generate_series(1, 2)",
    "SELECT access.policy_form(), ' from orders group by ', count(*) FROM abs(5) AS a (order_id)",
    "SELECT access.policy_form(), count(*) FROM abs(5) AS a (order_id) ORDER BY ' from orders ' || 1",
    "SELECT access.policy_form(), count(*) FROM abs(5) AS a (order_id) NATURAL JOIN retail.orders -- from orders",
    "SELECT access.policy_form(), count(*) --extract(\n a FROM abs(5) AS a (order_id) NATURAL JOIN retail.orders",
    "SELECT access.policy_form(), count(*) /*extract(a FROM orders*/ FROM abs(5) AS a (order_id)",
    'SELECT access.policy_form(), count(*) AS "extract(a from " FROM abs(5) AS a (order_id) NATURAL JOIN retail.orders',
    'SELECT access.policy_form(), count(*) FROM retail.orders AS "group" NATURAL JOIN abs(5) AS a (order_id)',
    "SELECT access.policy_form(), $$ from orders group by $$, count(*) FROM abs(5) AS a (order_id)",
]
OF_ONE_TABLE = [
    "SELECT access.policy_form(), count(*) FROM retail.orders WHERE true",
    "SELECT access.policy_form(), count(*) FROM retail.orders wHeRe true",
    "SELECT access.policy_form(), count(*) FROM retail.orders AS o\nWHERE\to.order_id > 0 OR customer_id IS NULL",
    "SELECT access.policy_form(), count(DISTINCT customer_id) FROM orders o WHERE extract(year FROM order_date) = 2025",
]
UNITING = ["SELECT access.policy_form() UNION SELECT NULL ORDER BY 1", "SELECT access.policy_form() AS union"]


def form(app: psycopg.Connection[object], statement: str) -> object:
    [row] = app.execute(statement.encode()).fetchmany(1)
    assert isinstance(row, tuple)
    return row[0]


@pytest.mark.parametrize("actor", [*ROWS, None])
@pytest.mark.parametrize("statement", WITHOUT_A_CONDITION)
def test_without_a_condition_it_is_the_list(sample: Database, statement: str, actor: str | None) -> None:
    with sample.as_app(context_of(actor) if actor else "") as app:
        assert form(app, statement) == "list"


@pytest.mark.parametrize("statement", [*WITH_ONE, *UNITING])
def test_with_one_it_depends_on_who_asks(sample: Database, statement: str) -> None:
    for context, expected in (
        (context_of("kirkland"), "mask and list"),
        (context_of("nobody"), "mask and list"),
        (context_of("head-office"), "mask"),
        (context_of("head-office", shape=Shape.PLAIN), "list"),
        (context_of("kirkland", shape=Shape.PLAIN), "list"),
        (context_of("kirkland", shape=Shape.PLAIN).replace("v1-plain|", "v1|"), "mask and list"),
        (context_of("kirkland").replace("v1|", "v1-plain|"), "mask and list"),
        (context_of("head-office").replace("v1|", "v1-plain|"), "mask and list"),
        ("", "mask and list"),
    ):
        with sample.as_app(context) as app:
            assert form(app, statement) == expected


@pytest.mark.parametrize("statement", [*WITHOUT_A_CONDITION, *OF_ONE_TABLE])
def test_who_entered_and_sees_one_store_is_planned_for_one(sample: Database, statement: str) -> None:
    for actor, expected in (
        ("kirkland", "store"),
        ("west-region", "list"),
        ("head-office", "list"),
        ("nobody", "list"),
    ):
        with sample.as_app() as app, app.transaction():
            app.execute("SET LOCAL search_path = retail")
            app.execute("SELECT access.enter_context(%s)", (context_of(actor),))
            assert form(app, statement) == expected


def test_a_plan_for_one_store_that_was_kept_shows_nobody_less_than_there_is(sample: Database) -> None:
    with sample.as_app() as app:
        app.execute("SET plan_cache_mode = force_generic_plan")
        with app.transaction():
            app.execute("SELECT access.enter_context(%s)", (context_of("kirkland", shape=Shape.SINGLE),))
            app.execute("PREPARE kept AS SELECT count(*) FROM retail.orders")
            assert app.execute("EXECUTE kept").fetchone() == (2975,)
        for actor, expected in (("seattle", 54995), ("nobody", 0)):
            with app.transaction():
                app.execute("SELECT access.enter_context(%s)", (context_of(actor),))
                assert app.execute("EXECUTE kept").fetchone() == (expected,)
        assert app.execute("EXECUTE kept").fetchone() == (0,)  # without a context
        for actor in ("west-region", "head-office"):
            app.execute("SELECT set_config('app.rls_context', %s, false)", (context_of(actor),))
            with pytest.raises(psycopg.Error, match="one store") as raised:
                app.execute("EXECUTE kept")
            assert isinstance(fault_of(raised.value, own_statement("SELECT 1")), Unavailable)


def test_nobody_knows_what_a_function_asks(sample: Database) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        app.execute("DO $$ BEGIN PERFORM set_config('app.seen', access.policy_form(), false); END $$")
        assert form(app, "SELECT current_setting('app.seen')") == "mask and list"


def operators_are_free(app: psycopg.Connection[object], statement: str) -> bool:
    with app.transaction():
        app.execute(statement.encode())
        return app.execute("SHOW cpu_operator_cost").fetchone() == ("0",)


@pytest.mark.parametrize("statement", UNITING)
def test_a_union_makes_operators_free(sample: Database, statement: str) -> None:
    for context in (context_of("kirkland"), context_of("kirkland", shape=Shape.PLAIN)):
        with sample.as_app(context) as app:
            assert operators_are_free(app, statement)


@pytest.mark.parametrize("actor", [*ROWS, None])
@pytest.mark.parametrize("statement", OF_ONE_TABLE)
def test_of_one_table_it_is_the_list_and_operators_are_free(
    sample: Database, statement: str, actor: str | None
) -> None:
    with sample.as_app(context_of(actor) if actor else "") as app:
        app.execute("SET search_path = retail")
        assert form(app, statement) == "list"
        assert operators_are_free(app, statement)


@pytest.mark.parametrize("statement", [*WITHOUT_A_CONDITION, *WITH_ONE, *UNITING])
def test_where_a_context_says_single_operators_are_free_signed_or_not(sample: Database, statement: str) -> None:
    for context in (
        context_of("kirkland", shape=Shape.SINGLE),
        context_of("head-office").replace("v1|", "v1-single|"),
        "v1-single|",
    ):
        with sample.as_app(context) as app:
            assert form(app, statement) == "list"
            assert operators_are_free(app, statement)


def test_free_conditions_do_not_make_reading_a_whole_index_look_cheap(database: Database) -> None:
    """Two ranges of days are looked up one by one, as they are where operators cost something."""
    statement = "SELECT count(*) FROM retail.orders WHERE order_date BETWEEN SYMMETRIC '2025-12-31' AND '2025-12-01'"
    with database.as_superuser() as superuser:
        superuser.execute("VACUUM retail.orders")  # what autovacuum does: an index can be read without its table
    with database.as_app(context_of("head-office")) as app:
        plans = [
            "\n".join(line for (line,) in app.execute(f"EXPLAIN (COSTS off) {statement}{comment}".encode()))
            for comment in ("", " -- so not of one table")
        ]
    assert all("BitmapOr" in plan for plan in plans), plans
    assert "InitPlan 2" not in plans[0]


def test_nothing_is_verified_twice_of_who_sees_all(sample: Database) -> None:
    """Who entered as such gets the mask, which is as safe for anybody."""
    with sample.as_app() as app, app.transaction():
        app.execute("SELECT access.enter_context(%s)", (context_of("head-office"),))
        assert form(app, JOINED.replace("count(*)", "access.policy_form()")) == "mask"
        app.execute("SELECT set_config('app.rls_context', %s, true)", (context_of("kirkland"),))
        assert form(app, JOINED.replace("count(*)", "access.policy_form()")) == "mask"
        assert app.execute(JOINED).fetchone() == (ROWS["kirkland"],)
        app.execute("SELECT access.enter_context(%s)", (context_of("kirkland"),))
        assert form(app, JOINED.replace("count(*)", "access.policy_form()")) == "mask and list"


def locks(app: psycopg.Connection[object], statement: str) -> object:
    with app.transaction():
        app.execute(statement.encode())
        return app.execute(LOCKED.encode()).fetchone()


@pytest.mark.parametrize("settings", ["", BY_READING])
@pytest.mark.parametrize("probe", PROBES)
def test_the_policy_asks_for_the_caller_whether_or_not_a_foreign_row_is_there(
    sample: Database, probe: str, settings: str
) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        app.execute(settings.encode())
        there, absent = (locks(app, PROBES[probe].format(row=row)) for row in (FOREIGN, ABSENT))
    assert there == absent


def test_the_list_alone_would_ask_only_where_one_is(database: Database) -> None:
    """The test above can fail: this is what the mask is for."""
    function = (SQL_FOLDER / "functions" / "policy_form.sql").read_text(encoding="utf-8")
    with database.as_superuser() as superuser:
        superuser.execute(function.replace("BEGIN\n", "BEGIN\n    RETURN 'list';\n", 1).encode())
    with database.as_app(context_of("kirkland")) as app:
        app.execute(BY_READING.encode())
        for probe in ("a comparison", "a constant of a function", "a cast"):
            there, absent = (locks(app, PROBES[probe].format(row=row)) for row in (FOREIGN, ABSENT))
            assert there != absent


@pytest.mark.parametrize("kept", FORMS)
def test_a_plan_that_is_kept_shows_everybody_their_own(sample: Database, kept: str) -> None:
    """Whoever asked first: each form looks at who asks now."""
    planner, statement = FORMS[kept]
    with sample.as_app(context_of(planner)) as app:
        app.execute("SET plan_cache_mode = force_generic_plan")
        app.execute(f"PREPARE kept AS {statement}".encode())
        for actor, rows in (*ROWS.items(), *reversed(ROWS.items())):
            app.execute("SELECT set_config('app.rls_context', %s, false)", (context_of(actor),))
            assert app.execute("EXECUTE kept").fetchone() == (rows,)
        for refused in ("", context_of("head-office", seconds=-1), context_of("head-office")[:-1]):
            app.execute("SELECT set_config('app.rls_context', %s, false)", (refused,))
            assert app.execute("EXECUTE kept").fetchone() == (0,)
