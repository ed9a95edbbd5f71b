"""The form of a policy is a matter of speed: which one a statement is planned with; each shows the same rows."""

import psycopg
import pytest

from shared.rls_context import sign_context
from tests.conftest import KEY, Database, caller_of, context_of

FORM = "SELECT access.policy_form()"
PLAIN = "SELECT access.policy_form() WHERE 1 = 1"
ROWS = {"kirkland": 2975, "west-region": 99683, "head-office": 197665, "nobody": 0}
FORMS = {
    "list": ("kirkland", "SELECT count(*) FROM retail.orders"),
    "mask": ("head-office", "SELECT count(*) FROM retail.orders WHERE order_id > 0"),
    "mask and list": ("kirkland", "SELECT count(*) FROM retail.orders WHERE order_id > 0"),
}
WITHOUT_A_CONDITION = [
    FORM,
    "SELECT access.policy_form(), count(*) FROM retail.orders JOIN retail.order_items USING (store_id, order_id)",
    "select access.policy_form(), sum(quantity) from retail.order_items natural join retail.orders order by 2 limit 1",
]
WITH_ONE = [
    PLAIN,
    "SELECT access.policy_form() wHeRe true",
    "SELECT access.policy_form() WHERE/**/true",
    "SELECT access.policy_form()\nWHERE\ttrue",
    "SELECT access.policy_form() HAVING true",
    "SELECT access.policy_form(), count(*) FROM retail.stores AS a JOIN retail.stores AS b ON true",
    "SELECT access.policy_form() FROM (VALUES (1)) AS v",
    "SELECT access.policy_form() FROM (SELECT 1) AS s",
    "SELECT (SELECT access.policy_form())",
    "SELECT access.policy_form(), count(*) FILTER (WHERE true)",
]
UNITING = ["SELECT access.policy_form() UNION SELECT NULL ORDER BY 1", "SELECT access.policy_form() AS union"]


def plain_context_of(name: str) -> str:
    return sign_context(KEY.key(), KEY.version, caller_of(name).principal_id, plain=True)


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
        (plain_context_of("head-office"), "mask"),
        (plain_context_of("kirkland"), "list"),
        (plain_context_of("kirkland").replace("v1-plain|", "v1|"), "mask and list"),
        (context_of("kirkland").replace("v1|", "v1-plain|"), "mask and list"),
        (context_of("head-office").replace("v1|", "v1-plain|"), "mask and list"),
        ("", "mask and list"),
    ):
        with sample.as_app(context) as app:
            assert form(app, statement) == expected


def test_nobody_knows_what_a_function_asks(sample: Database) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        app.execute("DO $$ BEGIN PERFORM set_config('app.seen', access.policy_form(), false); END $$")
        assert form(app, "SELECT current_setting('app.seen')") == "mask and list"


@pytest.mark.parametrize("statement", UNITING)
def test_a_union_makes_operators_free(sample: Database, statement: str) -> None:
    for context in (context_of("kirkland"), plain_context_of("kirkland")):
        with sample.as_app(context) as app, app.transaction():
            app.execute(statement.encode())
            assert app.execute("SHOW cpu_operator_cost").fetchone() == ("0",)


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
