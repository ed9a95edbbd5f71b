"""The corpus can fail: with the policy or the check of the signature taken out, it finds rows.

Guard, cursor and READ ONLY are all taken out at once in test_attacks_on_the_bare_login, which stays green.
"""

from dataclasses import dataclass

import pytest

from shared.database.schema import SQL_FOLDER
from tests.conftest import Database
from tests.isolation.attack import ROWS
from tests.isolation.bare_login import Campaign

_VERIFIED_CALLER = (SQL_FOLDER / "functions" / "verified_caller.sql").read_text(encoding="utf-8")
_POLICY_FORM = (SQL_FOLDER / "functions" / "policy_form.sql").read_text(encoding="utf-8")
_BY_TEXT = "statement IS NULL OR strpos(statement, 'union') > 0 OR strpos(statement, 'execute') > 0"
_BEGIN = "BEGIN\n    IF NOT one_table"
_LIST = "BEGIN\n    RETURN 'list';\n    IF NOT one_table"
_BY_SIGNER = "starts_with(context, 'v1-plain|') AND caller.principal_id IS NOT NULL"
_FREE_OPERATORS = "IF (one_table OR unites) AND"
_BY_CALLS = "strpos(calls, E'\\n') > 0"
_COMPARISON = "sha256(convert_to(part[6], 'UTF8')) = "
_EXPIRY = "part[4]::double precision <= date_part('epoch', clock_timestamp())"

_MASK = "(SELECT (access.verified_caller()).store_mask)"


@dataclass(frozen=True)
class Mutation:
    """A change of the layer that isolation rests on, and a family of attacks that must find it."""

    statement: str
    family: str


MUTATIONS = {
    "no policy": Mutation("ALTER POLICY select_callers ON retail.orders USING (true)", "identity"),
    "no row-level security": Mutation("ALTER TABLE retail.orders DISABLE ROW LEVEL SECURITY", "identity"),
    "one store too many": Mutation(
        f"ALTER POLICY select_callers ON retail.orders USING ({_MASK}[store_id] OR store_id = 1)",
        "identity",
    ),
    "customers of everybody": Mutation("ALTER POLICY select_callers ON retail.customers USING (true)", "oracles"),
    "a policy that costs": Mutation(
        "ALTER POLICY select_callers ON retail.orders USING"
        " (store_id + 0 = ANY ((SELECT (access.verified_caller()).store_ids)::int[]))",
        "oracles",
    ),
    "a policy that does not look at the plan": Mutation(
        "ALTER POLICY select_callers ON retail.customers USING"
        f" ({_MASK}[primary_store_id] OR (SELECT access.visitor_mask())[customer_id])",
        "unions",
    ),
    "a second index on customers": Mutation("CREATE INDEX ON retail.customers (primary_store_id, email)", "indexes"),
    "an index without the tenant": Mutation("CREATE INDEX ON retail.orders (order_id)", "indexes"),
    "no look at the text": Mutation(_POLICY_FORM.replace(_BY_TEXT, "false"), "unions"),
    "no look at the calls": Mutation(_POLICY_FORM.replace(_BY_CALLS, "false"), "unions"),
    "the list for every statement": Mutation(_POLICY_FORM.replace(_BEGIN, _LIST), "conditions"),
    "one table and operators that cost": Mutation(_POLICY_FORM.replace(_FREE_OPERATORS, "IF unites AND"), "conditions"),
    "every statement is called plain": Mutation(_POLICY_FORM.replace(_BY_SIGNER, "true"), "conditions"),
    "no check of the signature": Mutation(_VERIFIED_CALLER.replace(_COMPARISON, "NULL IS DISTINCT FROM "), "tokens"),
    "no check of the expiry": Mutation(_VERIFIED_CALLER.replace(_EXPIRY, "false"), "tokens"),
    "a setting instead of a signature": Mutation(
        f"ALTER POLICY select_callers ON retail.orders USING ({_MASK}[store_id]"
        " OR strpos(current_setting('app.rls_context', true), '|9999999999|') > 0)",
        "identity",
    ),
}


@pytest.mark.parametrize("how", MUTATIONS)
def test_the_corpus_finds_rows_when_the_layer_is_gone(database: Database, marker: str, how: str) -> None:
    mutation = MUTATIONS[how]
    with database.as_superuser() as superuser:
        superuser.execute(mutation.statement.encode())
    found = Campaign(database, "kirkland", marker).run(mutation.family).successes.values()
    assert [success for success in found if success.channel == ROWS]


def test_the_mutations_change_something() -> None:
    assert _COMPARISON in _VERIFIED_CALLER
    assert _EXPIRY in _VERIFIED_CALLER
    assert _BY_TEXT in _POLICY_FORM
    assert _BY_CALLS in _POLICY_FORM
    assert _BEGIN in _POLICY_FORM
    assert _BY_SIGNER in _POLICY_FORM
    assert _POLICY_FORM.count(_FREE_OPERATORS) == 1
