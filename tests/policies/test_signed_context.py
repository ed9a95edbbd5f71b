"""The claim in app.rls_context: what holds, what does not, and that nobody but the key's holder can make one."""

import base64
import re
import time
from uuid import UUID, uuid4

import psycopg
import pytest

from shared.database.schema import install_signing_key
from shared.rls_context import principal_id_of, sign_context
from shared.vault import Secret
from tests.conftest import KEY, Database, caller_of, context_of

ORDERS = "SELECT count(*) FROM retail.orders"
RETIRE = "SELECT access.retire_signing_keys(%s)"
OLD = Secret(KEY.name, base64.b64encode(b"o" * 32).decode(), "old")
NEW = Secret(KEY.name, base64.b64encode(b"n" * 32).decode(), "new")


def orders_seen(database: Database, context: str) -> int:
    with database.as_app(context) as app:
        [(count,)] = app.execute(ORDERS).fetchall()
    return int(count)


def tampered() -> dict[str, str]:
    """A valid context of kirkland, changed in every way that would pay."""
    good = context_of("kirkland")
    version, principal, _, expiry, kid, mac = good.split("|")
    head_office = str(caller_of("head-office").principal_id)
    return {
        "another principal": "|".join([version, head_office, "*", expiry, kid, mac]),
        "a scope": "|".join([version, principal, str(uuid4()), expiry, kid, mac]),
        "a later expiry": "|".join([version, principal, "*", str(int(expiry) + 1), kid, mac]),
        "an unknown kid": "|".join([version, principal, "*", expiry, "nokey", mac]),
        "no mac": "|".join([version, principal, "*", expiry, kid, ""]),
        "another mac": "|".join([version, principal, "*", expiry, kid, "0" * 64]),
        "upper-case mac": "|".join([version, principal, "*", expiry, kid, mac.upper()]),
        "another version": good.replace("v1|", "v2|", 1),
        "a suffix": good + "|",
        "a second line": good + "\n" + good,
        "a prefix": " " + good,
        "signed with another key": context_of("head-office", key=Secret(KEY.name, NEW.value, KEY.version)),
        "signed with an empty key": sign_context(b"", KEY.version, caller_of("head-office").principal_id),
        "nothing": "",
        "words": "everything",
        "bars": "|||||",
        "a zero identity": "00000000-0000-0000-0000-000000000000",
        "a huge expiry": "|".join([version, principal, "*", "9" * 30, kid, mac]),
    }


def test_a_valid_context_holds(sample: Database) -> None:
    assert orders_seen(sample, context_of("kirkland")) == 2975


@pytest.mark.parametrize("how", tampered())
def test_a_changed_context_sees_nothing_and_raises_nothing(sample: Database, how: str) -> None:
    assert orders_seen(sample, tampered()[how]) == 0


def test_a_context_for_longer_than_a_bigint_holds(sample: Database) -> None:
    assert orders_seen(sample, context_of("kirkland", seconds=10**20)) == 2975


def test_an_expired_context_sees_nothing(sample: Database) -> None:
    assert orders_seen(sample, context_of("head-office", seconds=-1)) == 0


def test_a_context_ends_while_its_session_goes_on(sample: Database) -> None:
    with sample.as_app(context_of("kirkland", seconds=2)) as app:
        assert app.execute(ORDERS).fetchone() == (2975,)
        deadline = time.monotonic() + 30
        while app.execute(ORDERS).fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_key_holds_until_it_is_retired(database: Database) -> None:
    with database.as_superuser() as superuser, psycopg.connect(database.keys_url, autocommit=True) as custodian:
        for key in (OLD, NEW):
            install_signing_key(superuser, key.version, key.key())
        superuser.execute("UPDATE access.signing_keys SET created_at = now()")  # the template's is as old as the run
        custodian.execute(RETIRE, ([NEW.version],))
        assert {orders_seen(database, context_of("kirkland", key=key)) for key in (KEY, OLD, NEW)} == {2975}, (
            "too young"
        )
        superuser.execute("UPDATE access.signing_keys SET created_at = created_at - interval '16 minutes'")
        assert custodian.execute(RETIRE, ([NEW.version],)).fetchone() == (2,)
    assert [orders_seen(database, context_of("kirkland", key=key)) for key in (KEY, OLD, NEW)] == [0, 0, 2975]


@pytest.mark.parametrize("kept", [[], ["unknown"], None, [None]])
def test_the_last_key_is_not_retired(database: Database, kept: list[str | None] | None) -> None:
    refused = pytest.raises(psycopg.errors.InvalidParameterValue)
    with psycopg.connect(database.keys_url, autocommit=True) as custodian, refused:
        custodian.execute(RETIRE, (kept,))
    assert orders_seen(database, context_of("kirkland")) == 2975


def test_a_key_that_is_there_is_not_replaced(database: Database) -> None:
    with database.as_superuser() as superuser:
        install_signing_key(superuser, KEY.version, OLD.key())
    assert orders_seen(database, context_of("kirkland")) == 2975


def test_there_is_an_end_to_keys(database: Database) -> None:
    with database.as_superuser() as superuser:
        for number in range(99):
            install_signing_key(superuser, f"key-{number}", KEY.key())
        with pytest.raises(psycopg.errors.ConfigurationLimitExceeded):
            install_signing_key(superuser, "one-more", KEY.key())
        install_signing_key(superuser, KEY.version, KEY.key())  # or no run would come to ending any


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM access.signing_keys",
        "INSERT INTO access.signing_keys SELECT 'mine', repeat('x', 64)::bytea, repeat('x', 64)::bytea",
        "DELETE FROM access.key_lease",
        "SELECT access.verified_caller()",
        "SELECT count(*) FROM retail.orders",
        "CREATE TEMP TABLE mine ()",
    ],
)
def test_who_brings_keys_does_nothing_else(sample: Database, statement: str) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(sample.keys_url, autocommit=True) as custodian, refused:
        custodian.execute(statement.encode())


@pytest.mark.parametrize("login", ["app_url", "jobs_url", "backup_url"])
def test_nobody_else_brings_keys(sample: Database, login: str) -> None:
    for call in ("install_signing_key('k', '', '')", "retire_signing_keys('{k}')", "lease_keys(gen_random_uuid(), 60)"):
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with psycopg.connect(getattr(sample, login), autocommit=True) as connection, refused:
            connection.execute(f"SELECT access.{call}".encode())


def test_one_holder_at_a_time_has_the_lease(database: Database) -> None:
    one, other = uuid4(), uuid4()
    with psycopg.connect(database.keys_url, autocommit=True) as custodian:

        def lease(holder: UUID, seconds: int) -> bool:
            row = custodian.execute("SELECT access.lease_keys(%s, %s)", (holder, seconds)).fetchone()
            return row == (True,)

        assert [lease(one, 60), lease(other, 60), lease(one, 60)] == [True, False, True]
        assert [lease(other, 0), lease(one, 0), lease(other, 60)] == [False, True, True]


def test_installing_a_key_again_changes_nothing(database: Database) -> None:
    with database.as_superuser() as superuser:
        for _ in range(3):
            install_signing_key(superuser, KEY.version, KEY.key())
    assert orders_seen(database, context_of("kirkland")) == 2975


@pytest.mark.parametrize("length", [16, 32, 64, 65, 200])
def test_sql_and_python_agree_on_keys_of_every_length(database: Database, length: int) -> None:
    key = bytes(range(length))
    with database.as_superuser() as superuser:
        install_signing_key(superuser, f"length-{length}", key)
    context = sign_context(key, f"length-{length}", caller_of("kirkland").principal_id)
    assert orders_seen(database, context) == 2975


def test_the_database_derives_the_same_principal_ids(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        rows = superuser.execute("SELECT tenant_id, object_id, principal_id FROM access.principals").fetchall()
    assert len(rows) == 10
    assert all(principal_id_of(tenant, person) == principal for tenant, person, principal in rows)


def test_what_a_context_looks_like() -> None:
    form = r"v1\|[0-9a-f-]{36}\|\*\|\d{10}\|test-key-1\|[0-9a-f]{64}"
    assert re.fullmatch(form, context_of("kirkland"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM access.signing_keys",
        "SELECT * FROM access.principals",
        "SELECT * FROM access.store_grants",
        "SELECT * FROM access.visibility",
        "SELECT * FROM ops.migrations",
        "SET ROLE zava_owner",
        "SET ROLE zava_backup",
        "ALTER ROLE zava_app BYPASSRLS",
        "ALTER TABLE retail.orders DISABLE ROW LEVEL SECURITY",
        "CREATE TEMP TABLE t (i integer)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "INSERT INTO retail.categories (category_name) VALUES ('x')",
        "UPDATE retail.orders SET order_date = order_date",
        "DELETE FROM retail.orders",
        "TRUNCATE retail.orders",
        "COPY retail.orders TO PROGRAM 'true'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT nextval('retail.orders_order_id_seq')",
    ],
)
def test_the_login_role_may_not(sample: Database, statement: str) -> None:
    with sample.as_app(context_of("kirkland")) as app:
        app.execute("SET default_transaction_read_only = off")
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
            app.execute(statement)


FORGERIES = {
    "the original's own": "with x as materialized (select set_config('app.current_rls_user_id',"
    "'00000000-0000-0000-0000-000000000000',true) v) select (select count(*) from retail.orders), v from x",
    "a name for a context": "with x as materialized (select set_config('app.rls_context','{name}',true) v)"
    " select (select count(*) from retail.orders), v from x",
    "an unsigned context": "with x as materialized (select set_config('app.rls_context','{unsigned}',true) v)"
    " select (select count(*) from retail.orders), v from x",
    "entering it": "with x as materialized (select access.enter_context('{unsigned}') v)"
    " select (select count(*) from retail.orders), v from x",
    "in a lateral join": "select count(*) from (select set_config('app.rls_context','{unsigned}',false)) s,"
    " lateral (select * from retail.orders where s is not null) o",
    "in the condition": "select count(*) from retail.orders"
    " where set_config('app.rls_context','{unsigned}',true) is not null",
    "in the select list": "select set_config('app.rls_context','{unsigned}',false), store_id from retail.orders",
    "in an order by": "select order_id, store_id from retail.orders order by"
    " set_config('app.rls_context','{unsigned}',true), order_id",
    "in values": "select count(*) from (values (set_config('app.rls_context','{unsigned}',true))) v, retail.orders",
    "per row": "select store_id, set_config('app.rls_context','{unsigned}',true) from retail.orders limit 5000",
}


@pytest.mark.parametrize("how", FORGERIES)
def test_no_forgery_shows_kirkland_a_foreign_row(sample: Database, how: str) -> None:
    """Without any server in front, on the bare login."""
    head_office = str(caller_of("head-office").principal_id)
    unsigned = f"v1|{head_office}|*|9999999999|{KEY.version}|{'0' * 64}"
    statement = FORGERIES[how].replace("{unsigned}", unsigned).replace("{name}", head_office)
    with sample.as_app(context_of("kirkland")) as app:
        rows = app.execute(statement.encode()).fetchall()
    stores_or_counts = {value for row in rows for value in row if isinstance(value, int)}
    assert stores_or_counts <= {0, 2975, 7} or "order by" in statement
    if "order by" in statement:
        assert {store for _, store in rows} <= {7}
