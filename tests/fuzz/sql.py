"""Statements a model might write and statements an attacker would, put together from pieces."""

from hypothesis import strategies as st

from tests.fuzz.values import texts

TABLES = (
    *(
        "retail.customers",
        "retail.orders",
        "retail.order_items",
        "retail.inventory",
        "retail.stores",
        "retail.products",
    ),
    *("customers", "access.principals", "pg_catalog.pg_authid", "pg_stat_activity", "information_schema.tables"),
)
COLUMNS = (
    *("*", "email", "count(*)", "customer_id, email, phone", "store_id", "1/0", "'NaN'::numeric", "'infinity'::date"),
    *("1e308::float8 * 10", "10::numeric ^ 400", "'{{1,2},{3,4}}'::int[]", "ROW(1, 'a', NULL)", "NULL", "now()"),
    *(r"'\xdeadbeef'::bytea", "'1 day'::interval", "'[1,5)'::int4range", "B'101'", "'a b'::tsvector", "'<a/>'::xml"),
    *('\'{"a": [1, "\\ud83d\\ude00"]}\'::jsonb', "'1e999'::json", "current_setting('app.rls_context')", "version()"),
    *("pg_sleep(0)", "set_config('app.rls_context', '', true)", "pg_read_file('/etc/passwd')", "chr(0)", "$1", "%s"),
    *(
        "U&'\\d800'",
        'email AS "a\nb"',
        "customers",
        "string_agg(email, ',')",
        "array_agg(email)",
        "to_jsonb(customers)",
    ),
)
CONDITIONS = (
    *("WHERE true", "WHERE store_id = 1", "WHERE primary_store_id <> 7", "WHERE email LIKE '%a%' OR 1/0 = 1"),
    *("WHERE customer_id = 1 AND 1/(customer_id - customer_id) > 0", "WHERE email ~ '((a+)+)+$'", "WHERE email ~ '('"),
    *("WHERE ctid = '(0,1)'", "WHERE (SELECT count(*) FROM retail.orders) > 0", "GROUP BY 1", "GROUP BY ROLLUP (1)"),
    *(
        "TABLESAMPLE BERNOULLI (50)",
        "ORDER BY random()",
        "ORDER BY 1 DESC NULLS LAST",
        "FOR UPDATE",
        "FETCH FIRST 5 ROWS ONLY",
    ),
)
ENDS = (
    *(
        "",
        "",
        "",
        "LIMIT 5",
        "LIMIT -1",
        "OFFSET 9223372036854775808",
        "; SELECT 1",
        "; DROP TABLE retail.orders",
        "--",
    ),
    *(
        "/* ",
        "UNION ALL SELECT email FROM retail.customers",
        "UNION SELECT NULL",
        "INTERSECT TABLE retail.orders",
        "\\gexec",
    ),
)
WHOLE = (
    *(
        "",
        ";",
        "SELECT",
        "SELECT 1",
        "TABLE retail.customers",
        "VALUES (1), (2)",
        "COPY retail.orders TO STDOUT",
        "COMMIT",
    ),
    *(
        "EXPLAIN ANALYZE SELECT 1",
        "SET ROLE zava_owner",
        "DO $$BEGIN END$$",
        "SELECT $$",
        "SELECT '",
        'SELECT "',
        "SELECT /*",
    ),
    *("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT * FROM r", "SELECT e'\\'"),
    *("WITH d AS (DELETE FROM retail.orders RETURNING *) SELECT * FROM d", "SELECT * FROM generate_series(1, 2000)"),
    *(
        "SELECT email FROM retail.customers",
        "SELECT * FROM json_to_recordset('[{}]') AS t(a int)",
        "SELECT " + "(" * 300 + "1",
    ),
    *(
        "SELECT " + "-" * 500 + "1",
        "SELECT 1" + " + 1" * 2000,
        "SELECT '" + "x" * 99_000 + "'",
        "SELECT 1 AS " + "n" * 500,
    ),
)


# Every other piece is one that fits, so that rows come back that could be somebody else's.
columns = st.one_of(st.just("email"), st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=2).map(", ".join))
tables = st.one_of(st.just("retail.customers"), st.sampled_from(TABLES))
conditions = st.one_of(st.just(""), st.sampled_from(CONDITIONS))
ends = st.one_of(st.just(""), st.sampled_from(ENDS))


@st.composite
def selects(draw: st.DrawFn) -> str:
    """A SELECT of pieces that need not fit."""
    parts = (f"SELECT {draw(columns)} FROM {draw(tables)}", draw(conditions), draw(ends))
    return " ".join(parts).strip()


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A statement with something odd in the middle of it."""
    statement = draw(selects())
    place = draw(st.integers(0, len(statement)))
    return statement[:place] + draw(texts) + statement[place:]


# One that always works, or a draw of unlucky pieces would leave nothing to watch.
statements = st.one_of(
    selects(), selects(), st.sampled_from(WHOLE), damaged(), st.just("SELECT email FROM retail.customers")
)
