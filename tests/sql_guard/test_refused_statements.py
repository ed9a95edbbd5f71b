"""What is refused, in all the clothes it can wear. Only names as the grammar resolves them count, never the text."""

import pytest

from shared.errors import SqlNotAllowed, TooExpensive
from shared.sql_guard import SqlGuard, load_allowed_functions

guard = SqlGuard(load_allowed_functions())

PLACES = {
    "select list": "SELECT {} FROM retail.orders",
    "where": "SELECT 1 FROM orders WHERE {} IS NULL",
    "having": "SELECT 1 FROM orders GROUP BY store_id HAVING {} IS NULL",
    "group by": "SELECT 1 FROM orders GROUP BY {}",
    "grouping set": "SELECT 1 FROM orders GROUP BY GROUPING SETS (({}), ROLLUP (store_id))",
    "order by": "SELECT 1 FROM orders ORDER BY {} DESC",
    "limit": "SELECT 1 FROM orders LIMIT {}",
    "offset": "SELECT 1 FROM orders OFFSET {}",
    "distinct on": "SELECT DISTINCT ON ({}) 1 FROM orders",
    "on": "SELECT 1 FROM orders AS a LEFT JOIN orders AS b ON a.order_id = 1 AND {} IS NULL",
    "lateral": "SELECT 1 FROM stores, LATERAL (SELECT {} AS x) AS l",
    "subquery": "SELECT (SELECT {} FROM orders LIMIT 1)",
    "exists": "SELECT 1 WHERE EXISTS (SELECT 1 FROM orders WHERE {} IS NULL)",
    "any": "SELECT 1 WHERE 1 = ANY (SELECT {})",
    "with": "WITH w AS (SELECT {} AS x) SELECT * FROM w",
    "with recursive": "WITH RECURSIVE w AS (SELECT 1 AS n UNION ALL SELECT 2 FROM w WHERE {} IS NULL) SELECT * FROM w",
    "cycle mark": "WITH RECURSIVE w AS (SELECT 1 AS n UNION SELECT 2) SELECT {} FROM w",
    "values": "VALUES (1), ({})",
    "values in from": "SELECT * FROM (VALUES ({})) AS v",
    "union": "SELECT 1 UNION ALL (SELECT {})",
    "except": "(SELECT 1 EXCEPT SELECT 2) UNION SELECT {}",
    "window order": "SELECT sum(1) OVER (ORDER BY {}) FROM orders",
    "window partition": "SELECT sum(1) OVER w FROM orders WINDOW w AS (PARTITION BY {})",
    "window frame": "SELECT sum(1) OVER (ORDER BY store_id ROWS {} PRECEDING) FROM orders",
    "filter": "SELECT count(*) FILTER (WHERE {} IS NULL) FROM orders",
    "within group": "SELECT mode() WITHIN GROUP (ORDER BY {}) FROM orders",
    "aggregate order": "SELECT string_agg('a', 'b' ORDER BY {}) FROM orders",
    "argument": "SELECT upper(lower({}::text))",
    "named argument": "SELECT make_interval(days => {})",
    "variadic": "SELECT concat(VARIADIC ARRAY[{}])",
    "array": "SELECT ARRAY[1, {}]",
    "subscript": "SELECT (ARRAY[1])[{}]",
    "slice": "SELECT (ARRAY[1])[1:{}]",
    "row": "SELECT ROW(1, {})",
    "case when": "SELECT CASE WHEN {} IS NULL THEN 1 END",
    "case": "SELECT CASE {} WHEN 1 THEN 1 ELSE 2 END",
    "coalesce": "SELECT coalesce(1, {})",
    "greatest": "SELECT greatest(1, {})",
    "nullif": "SELECT nullif({}, 1)",
    "in": "SELECT 1 IN (2, {})",
    "between": "SELECT 1 BETWEEN 0 AND {}",
    "like": "SELECT 'a' LIKE {}::text ESCAPE 'x'",
    "boolean test": "SELECT ({} IS NULL) IS TRUE",
    "cast": "SELECT CAST({} AS text)",
    "collate": 'SELECT {}::text COLLATE "C"',
    "operator": "SELECT 1 OPERATOR(pg_catalog.+) {}",
    "at time zone": "SELECT now() AT TIME ZONE {}::text",
    "extract": "SELECT extract(year FROM {}::date)",
    "overlay": "SELECT overlay('a' PLACING {}::text FROM 1)",
    "tablesample": "SELECT * FROM orders TABLESAMPLE SYSTEM ({})",
    "repeatable": "SELECT * FROM orders TABLESAMPLE SYSTEM (1) REPEATABLE ({})",
    "rows from": "SELECT * FROM ROWS FROM (generate_series(1, {}), unnest(ARRAY[1])) AS r",
    "function in from": "SELECT * FROM generate_series(1, {}) AS g",
    "json object": "SELECT JSON_OBJECT('a': {})",
    "json array": "SELECT JSON_ARRAY(1, {})",
    "json array of a query": "SELECT JSON_ARRAY(SELECT {})",
    "json value": "SELECT JSON_VALUE(jsonb '1', '$' PASSING {} AS x)",
    "json default": "SELECT JSON_VALUE(jsonb '1', '$' DEFAULT {} ON ERROR)",
    "json aggregate": "SELECT JSON_ARRAYAGG(1 ORDER BY {}) FROM orders",
    "json aggregate filter": "SELECT JSON_OBJECTAGG('a': 1) FILTER (WHERE {} IS NULL) FROM orders",
    "json predicate": "SELECT {}::text IS JSON",
    "json scalar": "SELECT JSON_SCALAR({})",
    "json serialize": "SELECT JSON_SERIALIZE({}::text)",
    "json table": "SELECT * FROM JSON_TABLE({}::jsonb, '$' COLUMNS (a int PATH '$')) AS j",
    "json table passing": "SELECT * FROM JSON_TABLE(jsonb '1', '$' PASSING {} AS x COLUMNS (a int PATH '$')) AS j",
    "json table default": "SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a int PATH '$' DEFAULT {} ON EMPTY)) AS j",
}  # fmt: skip

CLOTHES = [
    "pg_sleep(1)",
    "PG_Sleep(1)",
    '"pg_sleep"(1)',
    "pg_catalog.pg_sleep(1)",
    'PG_CATALOG . "pg_sleep" (1)',
    'U&"pg\\005fsleep"(1)',
    'U&"pg!005fsleep" UESCAPE \'!\' (1)',
    "pg_sleep/* a comment */(1)",
    "pg_sleep -- a comment\n (1)",
    "(1.0).pg_sleep",
    '(1.0)."pg_sleep"',
    "(1.0).U&\"pg\\005fsleep\"",
    "('orders').regclass",
    "(ARRAY[1.0])[1].pg_sleep",
    "'orders'::regclass",
    "CAST('orders' AS pg_catalog.regclass)",
    "regclass 'orders'",
    "'{orders}'::regclass[]",
    "'{orders}'::_regclass",
    "CURRENT_USER",
    "system_user",
    "COLLATION FOR ('a')",
    "xmlelement(name a)",
    "(SELECT 1 FROM pg_class)",
    "(SELECT 1 FROM pg_catalog.pg_stat_activity)",
    "(SELECT 1 FROM information_schema.tables)",
    "(SELECT 1 FROM access.principals)",
    "(SELECT 1 FROM ops.migrations)",
    "(TABLE pg_authid)",
    "(SELECT 1 FROM orders FOR UPDATE)",
    "access.verified_caller()",
    "setseed(0.5)",
    "current_setting('app.rls_context')",
    "$1",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_nothing_forbidden_hides_in_any_place_in_any_clothes(place: str) -> None:
    guard.check(place.format("1"))
    passed = []
    for clothes in CLOTHES:
        try:
            guard.check(place.format(clothes))
        except SqlNotAllowed:
            continue
        passed.append(clothes)
    assert passed == []


OUTPUT_PLACES = {
    "select list", "order by", "lateral", "subquery", "with", "cycle mark", "union", "except", "window order",
    "window partition", "window frame", "within group", "aggregate order", "argument", "named argument", "variadic",
    "array", "subscript", "slice", "row", "case when", "case", "coalesce", "greatest", "nullif", "in", "between",
    "like", "boolean test", "cast", "collate", "operator", "at time zone", "extract", "overlay", "json object",
    "json array", "json array of a query", "json value", "json default", "json aggregate", "json predicate",
    "json scalar", "json serialize",
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_random_may_number_and_order_rows_but_not_choose_them(place: str) -> None:
    statement = PLACES[place].format("random()")
    if place in OUTPUT_PLACES:
        guard.check(statement)
    else:
        with pytest.raises(SqlNotAllowed, match=r"random\(\)"):
            guard.check(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM orders WHERE (SELECT random()) > 0.5",
        "SELECT * FROM orders WHERE order_id IN (WITH r AS (SELECT random() AS x) SELECT 1 FROM r)",
        "SELECT * FROM orders ORDER BY (SELECT 1 FROM orders WHERE random() > 0)",
        'SELECT random() FROM orders WHERE 1 = CASE WHEN pg_catalog."random"() > 0 THEN 1 END',
        "SELECT * FROM random() AS r",
    ],
)
def test_random_is_not_carried_into_a_condition(statement: str) -> None:
    with pytest.raises(SqlNotAllowed):
        guard.check(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "", " ", ";", "-- nothing", "/* nothing */",
        "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE orders", "SELECT 1;; SELECT 2",
        "INSERT INTO orders VALUES (1)", "UPDATE orders SET store_id = 1", "DELETE FROM orders",
        "MERGE INTO orders USING stores ON true WHEN MATCHED THEN DELETE", "TRUNCATE orders", "DROP TABLE orders",
        "CREATE TABLE t AS SELECT 1", "SELECT 1 INTO t", "SELECT 1 INTO TEMP t FROM orders", "COPY orders TO STDOUT",
        "COPY (SELECT 1) TO PROGRAM 'id'", "SET ROLE zava_owner", "RESET ALL", "SHOW ALL", "BEGIN", "COMMIT",
        "EXPLAIN SELECT 1", "EXPLAIN ANALYZE SELECT 1", "DO $$BEGIN END$$", "CALL f()", "PREPARE p AS SELECT 1",
        "EXECUTE p", "DECLARE c CURSOR FOR SELECT 1", "FETCH 1 FROM answer", "CLOSE answer", "LISTEN a", "NOTIFY a",
        "LOCK orders", "VACUUM", "ANALYZE", "GRANT SELECT ON orders TO PUBLIC", "DISCARD ALL", "LOAD 'x'", "CHECKPOINT",
        "WITH a AS (INSERT INTO orders VALUES (1) RETURNING 1) SELECT * FROM a",
        "WITH a AS (UPDATE orders SET store_id = 1 RETURNING 1) SELECT 1",
        "WITH a AS (DELETE FROM orders) SELECT 1",
        "WITH a AS (MERGE INTO orders USING stores ON true WHEN MATCHED THEN DELETE RETURNING 1) SELECT 1",
        "SELECT (WITH a AS (SELECT 1) SELECT * FROM a FOR SHARE)",
        "WITH a AS (SELECT 1) INSERT INTO orders SELECT * FROM a",
        "SELECT * FROM orders FOR UPDATE", "SELECT * FROM orders FOR SHARE SKIP LOCKED",
        "SELECT * FROM orders FOR NO KEY UPDATE OF orders NOWAIT", "(SELECT 1 FOR KEY SHARE) UNION SELECT 2",
        "SELECT * FROM (SELECT * FROM orders FOR UPDATE) AS o", "VALUES (DEFAULT)",
        "SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x int) AS x", "SELECT xmlparse(CONTENT 'a')",
        "SELECT xmlserialize(CONTENT 'a' AS text)", "SELECT merge_action()",
    ],
)  # fmt: skip
def test_anything_but_one_select_is_refused(statement: str) -> None:
    with pytest.raises(SqlNotAllowed):
        guard.check(statement)


@pytest.mark.parametrize(
    "relation",
    [
        "pg_class", "PG_CLASS", '"pg_class"', 'U&"pg_cl\\0061ss"', "pg_catalog.pg_class", 'pg_catalog."pg_authid"',
        "pg_stat_activity", "pg_stats", "pg_settings", "pg_prepared_statements", "information_schema.columns",
        "access.signing_keys", "ops.migrations", "public.orders", "extensions.orders", "pg_temp.orders",
        "otherdb.retail.orders", "zava.retail.orders", '"retail.orders"', '"ORDERS"', "nothing", "pg_toast.pg_toast_1",
        "ONLY pg_class", "pg_class *", "pg_class AS orders", "pg_class TABLESAMPLE SYSTEM (1)",
    ],
)  # fmt: skip
def test_a_relation_outside_the_data_is_refused_wherever_it_stands(relation: str) -> None:
    places = [
        "SELECT * FROM {}", "SELECT * FROM orders, {}", "SELECT * FROM orders CROSS JOIN {}",
        "SELECT * FROM (SELECT * FROM {}) AS x", "SELECT (SELECT count(*) FROM {})", "SELECT EXISTS (SELECT FROM {})",
        "WITH a AS (SELECT * FROM {}) SELECT 1", "SELECT 1 UNION SELECT 1 FROM {}", "SELECT ARRAY(SELECT 1 FROM {})",
        "SELECT * FROM stores, LATERAL (SELECT * FROM {}) AS x",
    ]  # fmt: skip
    for place in places:
        with pytest.raises(SqlNotAllowed):
            guard.check(place.format(relation))


@pytest.mark.parametrize(
    "statement",
    [
        "WITH pg_class AS (SELECT * FROM pg_class) SELECT 1",
        "WITH a AS (SELECT * FROM pg_class), pg_class AS (SELECT 1) SELECT 1",
        "SELECT * FROM (WITH pg_class AS (SELECT 1) SELECT * FROM pg_class) AS a, pg_class",
        "SELECT (WITH pg_class AS (SELECT 1) SELECT 1) FROM pg_class",
        "(WITH pg_class AS (SELECT 1) SELECT 1) UNION SELECT 1 FROM pg_class",
        "WITH a AS (WITH pg_class AS (SELECT 1) SELECT 1) SELECT * FROM pg_class",
        "WITH pg_class AS (SELECT 1) SELECT * FROM pg_catalog.pg_class",
        'WITH "PG_CLASS" AS (SELECT 1) SELECT * FROM pg_class',
        "SELECT * FROM orders AS pg_class, pg_class AS b",
        "WITH a (pg_class) AS (SELECT 1) SELECT * FROM pg_class",
    ],
)
def test_a_with_query_does_not_lend_its_name_out_of_scope(statement: str) -> None:
    with pytest.raises(SqlNotAllowed, match="pg_class"):
        guard.check(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT o.pg_sleep FROM generate_series(1, 1) AS o",
        "SELECT retail.orders.regclass FROM retail.orders",
        "SELECT o.regclassin FROM unnest(ARRAY['a']) AS o",
        "SELECT o.pg_sleep FROM generate_series(1, 1) AS o, (SELECT 1 AS pg_sleep) AS x",
        "SELECT (o).record_out FROM orders AS o",
        "SELECT (o.x).currval FROM (SELECT 'a' AS x) AS o",
        "SELECT ((1)::float8).pg_sleep.text",
        "SELECT (x).a.pg_sleep FROM x",
        "SELECT count(o.setseed) FROM generate_series(1, 1) AS o",
        "SELECT * FROM orders o JOIN generate_series(1, 1) g ON g.lo_unlink = 1",
        "SELECT 1 OPERATOR(access.=) 1",
        "SELECT 1 OPERATOR(public.=) ANY (SELECT 1)",
        "SELECT 1 ORDER BY 1 USING OPERATOR(public.<)",
        'SELECT \'a\' COLLATE public."x"',
        "SELECT 1::public.t", "SELECT 1::retail.orders", "SELECT 'x'::pg_temp.t", "SELECT '1'::oid", "SELECT 1::orders",
        "SELECT * FROM orders TABLESAMPLE system_rows(1)",
        "SELECT * FROM jsonb_to_record('{}') AS r(a regclass)",
        "SELECT * FROM ROWS FROM (jsonb_to_record('{}') AS (a int, b regtype)) AS r",
        "SELECT * FROM JSON_TABLE(jsonb '1', '$' COLUMNS (a regclass PATH '$')) AS j",
        "SELECT JSON_VALUE(jsonb '1', '$' RETURNING regclass)", "SELECT JSON_SERIALIZE('1' RETURNING xml)",
        "SELECT JSON_OBJECT('a': 1 RETURNING regclass)",
        "SELECT current_catalog", "SELECT session_user", "SELECT current_schema", "SELECT user", "SELECT current_role",
        "SELECT pg_sleep.f(1)", "SELECT a.b.upper('x')", "SELECT retail.upper('x')",
    ],
)  # fmt: skip
def test_functions_reached_by_other_ways_are_refused(statement: str) -> None:
    with pytest.raises(SqlNotAllowed):
        guard.check(statement)


def test_the_refusal_names_the_construct_its_place_and_a_way_out() -> None:
    with pytest.raises(SqlNotAllowed) as caught:
        guard.check("SELECT 'é', pg_sleep(1)")
    assert caught.value.details() == {
        "code": "SQL_NOT_ALLOWED",
        "problem": "The function pg_sleep() is not available.",
        "remedy": "Use the functions for numbers, text, dates, arrays, JSON, aggregates, windows and vectors.",
        "position": 13,
    }


@pytest.mark.parametrize(
    "statement",
    [
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n FROM t) SELECT * FROM t",
        "SELECT * FROM (WITH RECURSIVE t AS (VALUES (1) UNION ALL (SELECT 1 FROM t)) SELECT * FROM t) AS x",
        "SELECT * FROM generate_series(1, 1000000000)",
        "SELECT * FROM generate_series(1, 1e12)",
        "SELECT generate_series(1, 9223372036854775807)",
        "SELECT generate_series(-5000000, 5000000, 2)",
        "SELECT generate_series(0, -10000000, -1)",
        "SELECT generate_series(1, 100, 0.00001)",
        "SELECT generate_series(1, 0xFFFFFFFF)",
        "SELECT generate_series(DATE '2000-01-01', DATE '2030-01-01', INTERVAL '1 second')",
        "SELECT generate_series('2000-01-01'::timestamp, '2030-01-01 10:00', '1 minute')",
        "SELECT generate_series(TIMESTAMPTZ '2000-01-01 00:00:00+00', TIMESTAMPTZ '2001-01-01', '1 second')",
        "SELECT repeat('a', 10000000)", "SELECT repeat('abc', 500000)", "SELECT repeat(repeat('a', 10000), 10000)",
        "SELECT lpad('a', 10000000)", "SELECT rpad('a', 10000000, 'b')", "SELECT format('%1000000000s', 'a')",
        "SELECT format('%1$-1000000000s', 'a')", "SELECT array_fill(0, ARRAY[10000000])",
        "SELECT array_fill(0, ARRAY[10000, 10000])", "SELECT 'a'::char(10000000)", "SELECT B'1'::bit(80000000)",
        "SELECT repeat(rpad('a', 10000), 10000)",
        "SELECT 'a' ~ '" + "a" * 1001 + "'", "SELECT regexp_replace('a', '" + "(a*)" * 300 + "', '')",
        "SELECT 'a' SIMILAR TO '" + "a" * 1001 + "'", "SELECT substring('a' FROM '" + "a" * 1001 + "')",
        r"SELECT 'a' ~ '^((a+)\2)+b$'", r"SELECT 'a' !~* '^(a*)(a*)(a*)(a*)\1\2\3\4ab$'",
        r"SELECT regexp_match('a', '(a+)+\1')", r"SELECT 'a' ~ '((a+)\2)+'::text",
    ],
)  # fmt: skip
def test_what_can_be_seen_to_cost_too_much_is_refused(statement: str) -> None:
    with pytest.raises(TooExpensive):
        guard.check(statement)


def test_every_kind_of_node_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.sql_guard.statement_check.PLAIN_NODES", frozenset[str]())
    with pytest.raises(SqlNotAllowed, match="ResTarget is not known to be safe"):
        guard.check("SELECT 1")
