"""Questions whose answer is a failure, a delay or a number that depends on whether a foreign row exists."""

from collections.abc import Iterator

from tests.isolation.attack import ABSENT, Attack, Target, Tell

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
        "e-mail against an error": f"SELECT 1 FROM retail.customers AS t WHERE email = '{email}'"
        f" AND CASE WHEN first_name <> '' THEN {FAIL} ELSE {FAIL} END",
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
    twins = {email: "absent.absent.0@example.com", order: str(ABSENT), f"= {target.customer_id}": f"= {ABSENT}"}
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
