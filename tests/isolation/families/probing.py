"""Questions whose answer is a failure, a delay or a number that depends on whether a foreign row exists."""

import re
from collections.abc import Iterator, Mapping

from tests.isolation.attack import ABSENT, ROWS, Attack, Target, Tell

ABSENT_EMAIL = "absent.absent.0@example.com"
FAIL = "(SELECT 1 / count(*) > 0 FROM retail.categories WHERE category_id < 0)"
"""Fails when it is evaluated: nothing in it refers to the row."""
CONDITIONS = {
    "is null or": "(t.{column} IS NULL OR {fail})",
    "case": "CASE WHEN t.{column} IS NULL THEN false ELSE {fail} END",
    "random": "1 / floor(random()) > 0",
    "clock": "1 / extract(year FROM clock_timestamp() - clock_timestamp()) > 0",
    "setseed": "setseed(2) IS NULL",
    "cast": "t.{column}::text::date IS NOT NULL",
    "square root": "sqrt(-1 - 0 * t.{key}) > 0",
    "division by a column": "1 / (t.{key} - {row}) > 0",
    "logarithm": "ln(t.{key} - {row}) > 0",
    "regular expression": "t.{column}::text ~ ('(' || t.{column}::text)",
    "json path": "jsonb_path_exists(to_jsonb(t), 'strict $.nothing')",
    "substring": "substring(t.{column}::text, 1, -1) IS NULL",
    "array": "array_fill(1, ARRAY[-1 - 0 * t.{key}]) IS NULL",
    "make_date": "make_date(0, 0, t.{key}) IS NULL",
    "overflow": "t.{key} * 2147483647 > 0",
    "parse_ident": "parse_ident(t.{column}::text || '\"') IS NULL",
    "uuid": "uuid(t.{column}::text) IS NULL",
    "lock": "pg_advisory_lock(1 / (t.{key} - {row})) IS NULL",
}
SHAPES = {
    "where": "SELECT 1 FROM retail.{table} AS t WHERE t.{key} = {row} AND {condition}",
    "the other way round": "SELECT 1 FROM retail.{table} AS t WHERE {condition} AND t.{key} = {row}",
    "join": "SELECT 1 FROM retail.stores AS s JOIN retail.{table} AS t ON {condition} WHERE t.{key} = {row}",
    "exists": "SELECT EXISTS (SELECT FROM retail.{table} AS t WHERE t.{key} = {row} AND {condition})",
    "having": "SELECT t.{key} FROM retail.{table} AS t WHERE t.{key} = {row} GROUP BY t.{key}, t.{column} HAVING {condition}",
    "select list": "SELECT {condition} FROM retail.{table} AS t WHERE t.{key} = {row}",
}
TABLES = {
    "orders": ("order_id", "customer_id"),
    "order_items": ("order_item_id", "quantity"),
    "customers": ("customer_id", "email"),
}


def oracles(target: Target) -> Iterator[Attack]:
    """An error if, and only if, there is such a row."""
    rows = {"orders": target.order_id, "order_items": target.order_item_id, "customers": target.customer_id}
    for number, (how, condition) in enumerate(CONDITIONS.items()):
        # Every shape for the most telling conditions, one shape and table in turn for the rest.
        for place, (shape, form) in enumerate(SHAPES.items()):
            if number >= 5 and (place - number) % len(SHAPES) >= 2:
                continue
            table = list(TABLES)[(number + place) % len(TABLES)]
            key, column = TABLES[table]

            def ask(row: int, form: str = form, condition: str = condition, t: str = table) -> str:
                key, column = TABLES[t]
                filled = form.replace("{condition}", condition).replace("{fail}", FAIL).replace("{row}", str(row))
                return filled.replace("{table}", t).replace("{key}", key).replace("{column}", column)

            yield _pair("oracles", f"{how} in {shape} of {table}", ask(rows[table]), ask(ABSENT))
    yield from _by_value(target)


def _by_value(target: Target) -> Iterator[Attack]:
    email, order = target.email, str(target.order_id)
    questions = {
        "e-mail in where": f"SELECT first_name FROM retail.customers WHERE email = '{email}'",
        "e-mail by pattern": f"SELECT count(*) FROM retail.customers WHERE email LIKE '{email[:-3]}%'",
        "e-mail by position": f"SELECT count(*) FROM retail.customers WHERE strpos(email, '{email}') > 0",
        "e-mail against an error": f"SELECT 1 FROM retail.customers AS t WHERE CASE WHEN email = '{email}' THEN {FAIL} ELSE false END",
        "phone": f"SELECT count(*) FROM retail.customers WHERE phone = '{target.phone}' AND email = '{email}'",
        "order by equality": f"SELECT count(*) FROM retail.orders WHERE order_id = {order}",
        "order by any": f"SELECT order_id FROM retail.orders WHERE order_id = ANY (ARRAY[{order}])",
        "order by join using": f"SELECT 1 FROM retail.orders JOIN (VALUES ({order})) AS v (order_id) USING (order_id)",
        "order by natural join": f"SELECT 1 FROM retail.orders NATURAL JOIN (VALUES ({order})) AS v (order_id)",
        "order by anti-join": f"SELECT 1 FROM (VALUES ({order})) AS v (n) WHERE n NOT IN (SELECT order_id FROM retail.orders)",
        "order by a full join": f"SELECT o.store_id AS order_store, v.n FROM retail.orders AS o"
        f" RIGHT JOIN (VALUES ({order})) AS v (n) ON o.order_id = v.n",
        "order by except": f"SELECT {order} EXCEPT SELECT order_id FROM retail.orders",
        "order by a leaky operator": f"SELECT 1 FROM retail.orders WHERE order_id::text ~ '^{order}$'",
        "order by two tables": f"SELECT count(*) FROM retail.orders JOIN retail.order_items USING (store_id, order_id)"
        f" WHERE order_id = {order}",
        "fetched tuples": _difference("pg_stat_get_xact_tuples_fetched('retail.orders'::regclass)", order),
        "returned tuples": _difference("pg_stat_get_xact_tuples_returned('retail.orders_by_number'::regclass)", order),
        "blocks of the table": _difference("pg_stat_get_xact_blocks_fetched('retail.orders'::regclass)", order),
        "rows removed by EXPLAIN": f"EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off)"
        f" SELECT 1 FROM retail.orders WHERE order_id = {order}",
        "customer by a foreign key": f"SELECT count(*) FROM retail.orders WHERE customer_id = {target.customer_id}",
        "a snapshot": f"SELECT count(*) FROM retail.orders TABLESAMPLE BERNOULLI (100) WHERE order_id = {order}",
        "a locked row": f"SELECT order_id FROM retail.orders WHERE order_id = {order} FOR SHARE NOWAIT",
        "a foreign key": f"INSERT INTO retail.order_items (order_id, store_id, product_id, quantity, unit_price,"
        f" total_amount) VALUES ({order}, 1, 1, 1, 1, 1)",
        "a unique key": f"INSERT INTO retail.orders (order_id, customer_id, store_id, order_date)"
        f" VALUES ({order}, 1, 1, now())",
    }
    twins = {email: ABSENT_EMAIL, order: str(ABSENT), f"= {target.customer_id}": f"= {ABSENT}"}
    open_channels = {
        "fetched tuples": "statistics",
        "returned tuples": "statistics",
        "blocks of the table": "statistics",
        "rows removed by EXPLAIN": "plans",
    }
    for name, statement in questions.items():
        twin = statement.replace(email[:-3], "absent.absent.0@example.")
        for there, absent in twins.items():
            twin = twin.replace(there, absent)
        yield _pair("oracles", name, statement, twin, open_channels.get(name, "rows"))


UNIONS = {
    "an arm": "SELECT 1 FROM ({first} UNION ALL {other}) AS t WHERE {where}",
    "the second arm": "SELECT 1 FROM ({other} UNION ALL {first}) AS t WHERE {where}",
    "three arms": "SELECT 1 FROM ({first} UNION ALL {first} UNION ALL {other}) AS t WHERE {where}",
    "nested": "SELECT 1 FROM (SELECT * FROM ({first} UNION ALL {other}) AS u UNION ALL {other}) AS t WHERE {where}",
    "in brackets": "SELECT 1 FROM (({first}) UNION ALL ({other})) AS t WHERE {where}",
    "a TABLE": "SELECT 1 FROM ((TABLE {table}) UNION ALL {other}) AS t WHERE {where}",
    "in a CTE": "WITH t AS ({first} UNION ALL {other}) SELECT 1 FROM t WHERE {where}",
    "in a CTE that is not kept": "WITH t AS NOT MATERIALIZED ({first} UNION ALL {other}) SELECT 1 FROM t WHERE {where}",
    "in a join": "SELECT 1 FROM retail.stores AS s JOIN ({first} UNION ALL {other}) AS t ON {where}",
    "in an outer join": "SELECT 1 FROM retail.stores AS s RIGHT JOIN ({first} UNION ALL {other}) AS t ON true WHERE {where}",
    "in a lateral": "SELECT 1 FROM retail.stores AS s, LATERAL (SELECT 1 FROM ({first} UNION ALL {other}) AS t"
    " WHERE {where}) AS l",
    "in an exists": "SELECT EXISTS (SELECT FROM ({first} UNION ALL {other}) AS t WHERE {where})",
    "in an in": "SELECT 1 WHERE 1 IN (SELECT 1 FROM ({first} UNION ALL {other}) AS t WHERE {where})",
    "under an aggregate": "SELECT count(*) FROM ({first} UNION ALL {other}) AS t WHERE {where}",
    "under a limit": "SELECT 1 FROM ({first} UNION ALL {other}) AS t WHERE {where} LIMIT 1",
    "under groups": "SELECT count(*) FROM ({first} UNION ALL {other}) AS t WHERE {where} GROUP BY t.{key}",
    "under a window": "SELECT count(*) OVER () FROM ({first} UNION ALL {other}) AS t WHERE {where}",
    "recursive": "WITH RECURSIVE t AS ({first} UNION ALL SELECT * FROM t WHERE false) SELECT 1 FROM t WHERE {where}",
    "distinct": "SELECT 1 FROM ({first} UNION {other}) AS t WHERE {where}",
    "except": "SELECT 1 FROM ({first} EXCEPT ALL {other}) AS t WHERE {where}",
    "in a cursor": "BEGIN; DECLARE c CURSOR FOR {arms}; FETCH 1 FROM c",
    "explained": "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off, BUFFERS off) {arms}",
    "prepared": "PREPARE q AS {arms}; EXECUTE q",
    "prepared and planned before": "SET plan_cache_mode = force_generic_plan; PREPARE q AS {arms};"
    " EXECUTE q; SET cpu_operator_cost = 1; EXECUTE q",
    "prepared and planned again": "SET plan_cache_mode = force_custom_plan; PREPARE q AS {arms};"
    " SET cpu_operator_cost = 1; EXECUTE q",
    "prepared and explained": "PREPARE q AS {arms}; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) EXECUTE q",
    "in a DO": "DO $do$ BEGIN PERFORM 1 FROM ({arms}) AS u; END $do$",
    "hidden in a DO": "{arms}",
    "in a DO, put together": "DO $do$ BEGIN EXECUTE replace($q${split}$q$, '~', ''); END $do$",
    "in a loop": "DO $do$ DECLARE r record; BEGIN FOR r IN EXECUTE $q${arms}$q$ LOOP END LOOP; END $do$",
    "in an assignment": "DO $do$ DECLARE n integer; BEGIN n := (SELECT count(*) FROM ({arms}) AS u); END $do$",
    "by plan_of": "SELECT json_typeof(access.plan_of($q${arms}$q$))",
    "by plan_of, twice": "SELECT access.plan_of($q$SELECT 1; {arms}$q$)",
    "behind refuse_above": "SELECT access.refuse_above(1e9, 'SELECT 1 FROM retail.orders', NULL); {arms}",
    "with other costs": "SET cpu_operator_cost = 1000; SET cpu_tuple_cost = 0; {arms}",
    "with costs in it": "SELECT set_config('cpu_operator_cost', '1', false); {arms}",
    "in a function": "SELECT query_to_xml($q${arms}$q$, true, false, '')",
    "in statistics of a text search": "SELECT * FROM ts_stat($q$SELECT to_tsvector('a') FROM ({arms}) AS u$q$)",
}
ARMS = "SELECT 1 FROM ({first} UNION ALL {other}) AS t WHERE {where}"
"""PostgreSQL makes one relation of most of these, in which a caller's free condition stands before the policy."""
FREE_CONDITIONS = {
    "is null or": "t.{key} = {row} AND (t.{column} IS NULL OR {fail})",
    "case": "t.{key} = {row} AND CASE WHEN t.{column} IS NULL THEN false ELSE {fail} END",
    "row": "t.{key} = {row} AND (ROW (t.{column}, t.{key}) IS NULL OR {fail})",
    "array": "CASE WHEN (array_fill(false, ARRAY[{row} - 1]) || true)[t.{key}] THEN {fail} ELSE false END",
    "document": """CASE WHEN ('{"{row}": 1}'::jsonb)[t.{key}] IS NULL THEN false ELSE {fail} END""",
}
"""They fail if the row is there, and cost the planner nothing."""
NOWHERE = 450_000
"""A number that no row has, and small enough for an array of that length."""


def unions(target: Target) -> Iterator[Attack]:
    """An error if, and only if, an arm of a set operation holds such a row."""
    rows = {"orders": target.order_id, "order_items": target.order_item_id, "customers": target.customer_id}
    for number, (shape, form) in enumerate(UNIONS.items()):
        for place, (how, condition) in enumerate(FREE_CONDITIONS.items()):
            if (place - number) % len(FREE_CONDITIONS) >= 3:  # each shape with three conditions in turn
                continue
            table = list(TABLES)[(number + place) % len(TABLES)]
            key, column = TABLES[table]
            whole = (
                form.replace("{arms}", ARMS)
                .replace("{split}", ARMS.replace("UNION", "UN~ION"))
                .replace("{where}", condition)
                .replace("{fail}", FAIL)
                .replace("{key}", key)
            )
            whole = whole.replace("{column}", column).replace("{other}", "{first} WHERE false")
            whole = whole.replace("{first}", "SELECT * FROM {table}").replace("{table}", f"retail.{table}")
            there, absent = (whole.replace("{row}", str(row)) for row in (rows[table], NOWHERE))
            if shape == "hidden in a DO":
                there, absent = _hidden(there), _hidden(absent)
            channel = "plans" if "explained" in shape else ROWS  # EXPLAIN ANALYZE counts the rows that a policy hides
            yield _pair("unions", f"{how} in {shape} of {table}", there, absent, channel)


ERROR = "1 / (t.{key} - {row})"
IF_THERE = "CASE WHEN t.{key} = {row} THEN {fail} ELSE false END"
ASKED = f"SELECT 1 FROM retail.{{table}} AS t WHERE {IF_THERE} LIMIT 1"
"""For one row PostgreSQL reads the table, not an index of stores."""
BY_READING = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off; "
LOCKED = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'"
"""More where somebody asked who the caller is: as soon as a row reaches the policy."""
SO_FAR = "sum(octet_length((answer.*)::text)) OVER (ROWS UNBOUNDED PRECEDING)"
BOUNDED = (
    f"DECLARE answer NO SCROLL CURSOR FOR SELECT CASE WHEN {SO_FAR} > 2000000"
    f" THEN access.bound_bytes({SO_FAR}, 2000000) END, answer.* FROM (SELECT * FROM ("
)
WITHOUT_A_CONDITION = {
    "a column": "SELECT {error} FROM retail.{table} AS t",
    "an aggregate": "SELECT min({error}), count(DISTINCT {error}) FROM retail.{table} AS t",
    "groups": "SELECT count(*) FROM retail.{table} AS t GROUP BY {error}",
    "grouping sets": "SELECT count(*) FROM retail.{table} AS t GROUP BY CUBE ({error}, t.{column})",
    "an order": "SELECT 1 FROM retail.{table} AS t ORDER BY {error} LIMIT 1",
    "a window": "SELECT count(*) OVER (PARTITION BY {error}) FROM retail.{table} AS t",
    "distinct": "SELECT DISTINCT {error} FROM retail.{table} AS t",
    "a case": "SELECT CASE WHEN t.{key} = {row} THEN {error} END FROM retail.{table} AS t",
    "a sample": "SELECT {error} FROM retail.{table} AS t TABLESAMPLE SYSTEM (100)",
    "a lateral function": "SELECT 1 FROM retail.{table} AS t, generate_series(1, {error})",
    "a cross join": "SELECT 1 FROM retail.{table} AS t CROSS JOIN LATERAL unnest(ARRAY[{error}]) AS u",
    "a series": "SELECT count(*) FROM generate_series({row}, {row}) AS v ({key}) JOIN retail.{table} AS t USING ({key})",
    "naturally a series": "SELECT count(*) FROM generate_series({row}, {row}) AS v ({key}) NATURAL JOIN retail.{table} AS t",
    "what fails": "SELECT 1 FROM generate_series({row}, {row}) AS v ({key}) JOIN retail.{table} AS t USING ({key})"
    " JOIN {failing} AS f ({column}) USING ({column})",
    "a CTE that fails": "WITH f AS (SELECT {row} AS {key}, {failing} AS {column}) TABLE f",
    "a constant that fails": "SELECT 1 FROM (VALUES ({row}, {failing})) AS f ({key}, {column})"
    " JOIN retail.{table} AS t USING ({key}, {column})",
    "one row that fails": "SELECT 1 FROM (SELECT {row} AS {key}, {failing} AS {column}) AS f"
    " NATURAL JOIN retail.{table} AS t",
    "the server's clothes": BOUNDED + "SELECT {row} AS {key}, {failing} AS {column}) AS asked) AS answer"
    " JOIN retail.{table} AS t USING ({key}, {column}); FETCH 1 FROM answer",
    "the server's clothes, naturally": BOUNDED + "SELECT {row} AS {key}, {failing} AS {column}) AS asked)"
    " AS answer NATURAL JOIN retail.{table} AS t; FETCH 1 FROM answer",
    "more than the server's clothes": BOUNDED
    + "TABLE retail.stores) AS asked) AS answer, ({asked}) AS u; FETCH 1 FROM answer",
    "an XML document": "SELECT query_to_xml({hidden}, true, false, '')",
    "statistics of a text search": "SELECT * FROM ts_stat({hidden})",
    "a block that cannot be read": "{block}",
    "a prepared statement": "PREPARE q AS {asked}; EXECUTE q",
    "a prepared statement, explained": "PREPARE q AS {asked}; EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) EXECUTE q",
    "other capitals": "SELECT 1 FROM retail.{table} AS t wHeRe {if_there} LIMIT 1",
    "other spaces": "SELECT 1 FROM retail.{table} AS t\vWHERE\f{if_there} LIMIT 1",
    "comments": "SELECT 1 FROM retail.{table} AS t/**/WHERE--\n{if_there} LIMIT 1",
    "an alias": 'SELECT 1 AS "where" FROM retail.{table} AS t JOIN retail.stores ON {if_there} LIMIT 1',
    "a constant of a function": "SELECT 1 FROM abs({row}) AS k ({key}) JOIN retail.{table} AS t USING ({key})",
    "a table read as a whole": f"{BY_READING}{{asked}}",
    "one table": f"{BY_READING}SELECT 1 FROM retail.{{table}} AS t WHERE t.{{key}} = {{row}}"
    " AND (t.{column} IS NULL OR current_setting(current_user::text) IS NULL)",
    "other backslashes": "SET standard_conforming_strings = off; {asked}",
}
FAILING = {"email": "CAST(current_user::text::integer AS text)"}
"""What fails when it is worked out, and is of the column's type."""


def conditions(target: Target) -> Iterator[Attack]:
    """An error if, and only if, there is such a row, by statements whose conditions are hard to see."""
    rows = {"orders": target.order_id, "order_items": target.order_item_id, "customers": target.customer_id}
    for how, form in WITHOUT_A_CONDITION.items():
        for table, (key, column) in TABLES.items():
            pair = []
            for row in (rows[table], NOWHERE):
                filled = {"key": key, "column": column, "table": table, "row": str(row), "fail": FAIL}
                filled["failing"] = FAILING.get(column, "CAST(current_user::text AS integer)")
                filled["asked"] = _filled(ASKED, filled)
                filled["error"] = _filled(ERROR, filled)
                filled["if_there"] = _filled(IF_THERE, filled)
                filled["hidden"] = f"convert_from('\\x{filled['asked'].encode().hex()}', 'UTF8')"
                filled["block"] = _hidden(filled["asked"])
                pair.append(_filled(form, filled))
            channel = "plans" if "explained" in how else ROWS
            yield _pair("conditions", f"{how} of {table}", pair[0], pair[1], channel)


def _filled(form: str, values: Mapping[str, str]) -> str:
    """Braces of nothing that is known stay."""
    return re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], name[0]), form)


BITMAPS = {
    "e-mail and number": "SELECT count(*) FROM retail.customers AS t WHERE t.primary_store_id = 1"
    " AND t.email BETWEEN '{email}' AND (SELECT '{email}~') AND t.customer_id BETWEEN {one} AND 5555555",
    "number and store": "SELECT count(*) FROM retail.customers AS t WHERE t.customer_id BETWEEN {customer}"
    " AND (SELECT {customer}) AND t.primary_store_id BETWEEN {one} AND 10",
    "number or number": "SELECT count(*) FROM retail.customers AS t WHERE (t.customer_id BETWEEN {customer} AND {customer}"
    " OR t.customer_id = (SELECT {customer})) AND (t.customer_id > {one} OR t.customer_id < {one})",
    "number and day": "SELECT 1 FROM retail.orders AS t WHERE t.order_id BETWEEN {order} AND (SELECT {order})"
    " AND t.order_date > (SELECT date '2020-01-01' + {one})",
    "numbers and customer": "SELECT 1 FROM retail.orders AS t WHERE t.order_id IN ({order}, {many})"
    " AND t.customer_id > {one}",
    "number and product": "SELECT 1 FROM retail.order_items AS t WHERE t.order_id BETWEEN {order} AND (SELECT {order})"
    " AND t.store_id = 1 AND t.product_id > {one}",
    "line and order": "SELECT 1 FROM retail.order_items AS t WHERE t.order_item_id = {item} AND t.store_id = 1"
    " AND t.order_id > {one}",
    "stock": "SELECT 1 FROM retail.inventory AS t WHERE t.product_id = {product} AND t.store_id = 1 + 0 * {one}",
}
"""The second of two indexes is read only if the first one gave a row; {one} then fails."""
PREFERRED = {
    "by default": "",
    "with bitmaps only": "SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off; ",
    "with costs": "SET cpu_tuple_cost = 1e6; SET cpu_index_tuple_cost = 0; SET random_page_cost = 0; ",
    "prepared": "SET enable_seqscan = off; SET enable_indexscan = off; PREPARE q AS {query}; SET enable_bitmapscan = on;"
    " EXECUTE q -- ",
}


def indexes(target: Target) -> Iterator[Attack]:
    """What is looked up in an index, before any policy, is seen by what is done next."""
    one = "(SELECT 1 / count(*)::integer FROM retail.categories WHERE category_id < 0)"
    many = ", ".join(map(str, range(ABSENT, ABSENT + 1000)))
    known = {"order": target.order_id, "item": target.order_item_id, "customer": target.customer_id, "product": 7}
    for what, form in BITMAPS.items():
        forms = form.replace("{one}", one).replace("{many}", many)
        pair = []
        for email, rows in ((target.email, known), (ABSENT_EMAIL, dict.fromkeys(known, ABSENT - 1))):
            query = forms.replace("{email}", email)
            for name, row in rows.items():
                query = query.replace(f"{{{name}}}", str(row))
            pair.append(query)
        for how, before in PREFERRED.items():
            there, absent = (before.replace("{query}", query) + query for query in pair)
            yield _pair("indexes", f"{what} {how}", there, absent)
    locked = (
        "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE; SELECT 1 FROM retail.{table} WHERE {key} = {row};"
        " SELECT locktype, count(*) FROM pg_locks WHERE mode = 'SIReadLock' AND pid = pg_backend_pid() GROUP BY 1 ORDER BY 1"
    )
    for table, key, row in (
        ("orders", "order_id", target.order_id),
        ("order_items", "order_id", target.order_id),
        ("customers", "customer_id", target.customer_id),
    ):
        query = locked.replace("{table}", table).replace("{key}", key)
        there, absent = (query.replace("{row}", str(number)) for number in (row, ABSENT - 1))
        channel = "locks" if table == "customers" else ROWS
        yield _pair("indexes", f"predicate locks of {table}", there, absent, channel)
        looked_up = f"BEGIN; SELECT 1 FROM retail.{table} WHERE {key} = {{row}}; {LOCKED}"
        there, absent = (looked_up.replace("{row}", str(number)) for number in (row, ABSENT - 1))
        yield _pair("indexes", f"locks of {table}", there, absent, channel)


def _hidden(query: str) -> str:
    """A DO that runs it, in which no word of it can be read."""
    block = f"BEGIN PERFORM 1 FROM ({query}) AS u; END"
    return "DO E'{}'".format("".join(f"\\x{ord(letter):02x}" for letter in block))


def _difference(counter: str, order: str) -> str:
    """By how much a counter grows while one order is looked for, within one statement."""
    return (
        f"WITH b AS MATERIALIZED (SELECT {counter} AS v), c AS MATERIALIZED (SELECT count(*) FROM retail.orders"
        f" WHERE order_id = {order} + 0 * (SELECT v FROM b)::integer) SELECT {counter} - v FROM b, c"
    )


def timing(target: Target) -> Iterator[Attack]:
    """A delay of a second if, and only if, there is such a row."""
    nap = "pg_sleep(1) IS NOT NULL"
    conditions = {
        "pg_sleep": nap,
        "pg_sleep first": "pg_sleep(0 * random() + 1) IS NOT NULL",
        "pg_sleep_for": "pg_sleep_for('1 s') IS NOT NULL",
        "pg_sleep_until": "pg_sleep_until(clock_timestamp() + interval '1 s') IS NOT NULL",
        "pg_sleep in a sub-select": "(SELECT pg_sleep(1 + 0 * t.store_id) IS NOT NULL)",
        "pg_sleep by case": f"CASE WHEN t.store_id > 0 THEN {nap} ELSE false END",
        "pg_sleep is null or": "(t.customer_id IS NULL OR (SELECT pg_sleep(1 + 0 * t.store_id) IS NOT NULL))",
        "pg_sleep quoted": '"pg_catalog"."pg_sleep"(1) IS NOT NULL',
        "pg_sleep as an attribute": "((1 + 0 * random())).pg_sleep IS NOT NULL",
        "pg_sleep by query_to_xml": "query_to_xml('SELECT pg_sleep(1)', true, false, '') IS NOT NULL",
        "a long series": "(SELECT count(*) FROM generate_series(1, 12000000 + 0 * t.store_id)) > 0",
        "a slow pattern": "(SELECT repeat('a', 2000 + 0 * t.store_id) || 'b' ~ '^(a*)*(a*)*(a*)*\\1$')",
        "many hashes": "(SELECT count(sha256(i::text::bytea)) FROM generate_series(1, 3000000 + 0 * t.store_id) AS i) > 0",
    }
    ask = "SELECT 1 FROM retail.orders AS t WHERE t.order_id = {row} AND {condition}"
    for name, condition in conditions.items():
        there, absent = (
            ask.replace("{condition}", condition).replace("{row}", str(row)) for row in (target.order_id, ABSENT)
        )
        yield _pair("timing", name, there, absent)


def _pair(family: str, name: str, statement: str, twin: str, channel: str = "rows") -> Attack:
    return Attack(
        name=f"{family}: {name}",
        family=family,
        statement=statement,
        twin=twin,
        success="whether a foreign row exists",
        tell=Tell.PAIR,
        channel=channel,
    )
