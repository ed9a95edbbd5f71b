"""Statements that want more memory, time or rows than a call may have."""

from collections.abc import Iterator

from tests.isolation.attack import Attack, Target, each


def bombs(_: Target) -> Iterator[Attack]:
    """Nothing foreign to gain: others shall wait, or the process shall end."""
    yield from each("bombs", "time or memory of others", BOMBS)


def _values() -> dict[str, str]:
    """One value, large."""
    doubling = " || ".join(["a.t"] * 2)
    return {
        "repeat": "SELECT repeat('x', 900000000)",
        "repeat's length": "SELECT length(repeat('x', 900000000))",
        "repeated repeat": "SELECT repeat(repeat('x', 30000), 30000)",
        "lpad": "SELECT lpad('x', 900000000)",
        "rpad": "SELECT rpad('x', 250000000, 'abc')",
        "array_fill": "SELECT array_fill(1, ARRAY[10000, 10000])",
        "array_fill's length": "SELECT cardinality(array_fill(1::bigint, ARRAY[120000000]))",
        "string_to_array": "SELECT string_to_array(repeat('x,', 20000000), ',')",
        "format": "SELECT format('%1000000000s', 'x')",
        "format with a width argument": "SELECT format('%*s', 900000000, 'x')",
        "concat": "SELECT concat(repeat('x', 300000000), repeat('y', 300000000))",
        "replace": "SELECT replace(repeat('x', 1000000), 'x', repeat('y', 900))",
        "regexp_replace": "SELECT regexp_replace(repeat('x', 100000), 'x', repeat('y', 9000), 'g')",
        "string_agg": "SELECT string_agg(repeat('x', 1000000), '') FROM generate_series(1, 900)",
        "array_agg": "SELECT array_agg(i) FROM generate_series(1, 50000000) AS i",
        "json_agg": "SELECT json_agg(p) FROM retail.products AS p, generate_series(1, 3000)",
        "jsonb nesting": "SELECT (repeat('[', 5000) || repeat(']', 5000))::jsonb",
        "json nesting": "SELECT repeat('{\"a\":', 1000000)::json",
        "factorial": "SELECT factorial(32000)",
        "factorial of more": "SELECT length(factorial(100000)::text)",
        "power": "SELECT power(9::numeric, 100000)",
        "exp": "SELECT exp(5000::numeric) ^ 20",
        "numeric text": "SELECT repeat('9', 100000)::numeric * repeat('9', 100000)::numeric",
        "to_tsvector": "SELECT to_tsvector(repeat('word another ', 10000000))",
        "xml": 'SELECT xmlparse(document \'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;&d;&d;&d;</a>\')',
        "xmlelement": "SELECT xmlelement(name a, repeat('<', 90000000))",
        "bit string": "SELECT repeat('1', 80000000)::varbit",
        "decode": "SELECT decode(repeat('00', 200000000), 'hex')",
        "overlay": "SELECT overlay(repeat('x', 400000000) PLACING repeat('y', 400000000) FROM 2)",
        "quote_literal": "SELECT quote_literal(repeat('''', 200000000))",
        "doubling text": "WITH RECURSIVE a (t, n) AS (SELECT 'x', 1 UNION ALL SELECT "
        + doubling
        + ", n + 1 FROM a WHERE n < 40) SELECT max(length(t)) FROM a",
        "range of ranges": "SELECT range_agg(int4range(i * 2, i * 2 + 1)) FROM generate_series(1, 3000000) AS i",
    }


def _rows() -> dict[str, str]:
    """Many rows, or wide ones."""
    return {
        "endless series": "SELECT * FROM generate_series(1, 9000000000000000000)",
        "count of an endless series": "SELECT count(*) FROM generate_series(1, 9000000000000000000)",
        "series of timestamps": "SELECT count(*) FROM generate_series(timestamp '0001-01-01', '9999-01-01', '1 second')",
        "cross join": "SELECT count(*) FROM retail.order_items a, retail.order_items b, retail.order_items c",
        "cross join of the catalogue": "SELECT count(*) FROM retail.products a, retail.products b, retail.products c,"
        " retail.products d",
        "sorted cross join": "SELECT a.product_id FROM retail.products a, retail.products b, retail.products c"
        " ORDER BY a.product_name || b.product_name || c.product_name LIMIT 1",
        "distinct cross join": "SELECT count(DISTINCT a.order_item_id * b.product_id) FROM retail.order_items a,"
        " retail.products b, retail.products c",
        "lateral series": "SELECT count(*) FROM generate_series(1, 1000000) AS a, LATERAL generate_series(1, a) AS b",
        "endless recursion": "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "forking recursion": "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n,"
        " generate_series(1, 2)) SELECT count(*) FROM n",
        "wide rows": "SELECT repeat('x', 1000000) || i FROM generate_series(1, 1000) AS i",
        "wide rows of random": "SELECT (SELECT string_agg(md5(i::text || j), '') FROM generate_series(1, 3000) AS j)"
        " FROM generate_series(1, 1000) AS i",
        "many columns": f"SELECT {', '.join(f'{n} AS c{n}' for n in range(1600))}",
        "many wide columns": f"SELECT {', '.join(['repeat(chr(120), 10000)'] * 1600)} FROM generate_series(1, 1000)",
        "unnest": "SELECT count(*) FROM unnest(array_fill(1, ARRAY[90000000]))",
        "regexp_split": "SELECT count(*) FROM regexp_split_to_table(repeat('x ', 5000000), ' ')",
        "cube": f"SELECT count(*) FROM (SELECT 1 FROM retail.products GROUP BY CUBE ({', '.join(['product_id, sku'] * 5)}))",
        "materialised": "WITH m AS MATERIALIZED (SELECT i, repeat('x', 1000) AS t FROM generate_series(1, 9000000) AS i)"
        " SELECT count(*) FROM m a, m b",
    }


def _texts() -> dict[str, str]:
    """A statement that is itself the bomb."""
    deep = 20_000
    return {
        "parentheses": f"SELECT {'(' * deep}1{')' * deep}",
        "brackets": f"SELECT {'ARRAY[' * deep}1{']' * deep}",
        "case": f"SELECT {'CASE WHEN true THEN ' * 4000}1{' END' * 4000}",
        "not": f"SELECT {'NOT ' * deep}true",
        "minus": f"SELECT {'- ' * deep}1",
        "comments": f"SELECT {'/*' * 45_000}1",
        "closed comments": f"SELECT {'/*' * 24_000}{'*/' * 24_000} 1",
        "sub-selects": f"SELECT {'(SELECT ' * 8000}1{')' * 8000}",
        "from sub-selects": f"SELECT * FROM {'(SELECT * FROM ' * 4000}retail.stores{') AS a' * 4000}",
        "unions": " UNION ALL ".join(["SELECT 1"] * 6000),
        "joins": "SELECT 1 FROM " + ", ".join(f"retail.stores AS s{n}" for n in range(3000)),
        "ordered joins": "SELECT 1 FROM retail.stores AS s0 "
        + " ".join(f"NATURAL JOIN retail.stores AS s{n}" for n in range(1, 40)),
        "and": "SELECT " + " AND ".join(["true"] * 12_000),
        "additions": "SELECT " + "+".join(["1"] * 45_000),
        "huge IN": f"SELECT 1 WHERE 1 IN ({','.join(map(str, range(2, 16_000)))})",
        "huge VALUES": f"VALUES {','.join(['(1)'] * 24_000)}",
        "casts": f"SELECT 1{'::integer' * 10_000}",
        "CTEs": f"WITH {', '.join(f'c{n} AS (SELECT 1)' for n in range(4000))} SELECT 1",
        "nested functions": f"SELECT {'abs(' * deep}1{')' * deep}",
        "indirections": f"SELECT (1){'[1]' * 30_000}",
        "quotes": f"SELECT '{chr(39) * 2 * 49_000}'",
        "long name": f'SELECT 1 AS "{"x" * 90_000}"',
        "ten megabytes": f"SELECT '{'x' * 10_000_000}'",
        "ten megabytes of spaces": f"SELECT 1{' ' * 10_000_000}",
    }


def _processor() -> dict[str, str]:
    """Time without rows."""
    return {
        "back references": "SELECT repeat('a', 3000) || 'b' ~ '^(a+)+(a+)+\\1\\2$'",
        "alternations": "SELECT repeat('a', 100000) ~ '(a|aa)+(a|aa)+(a|aa)+$b'",
        "bounded repeats": "SELECT 'x' ~ '((((x{1,255}){1,255}){1,255}){1,255}){1,255}'",
        "like": f"SELECT repeat('a', 100000) LIKE '{'%a' * 500}%b'",
        "similar to": "SELECT repeat('a', 50000) SIMILAR TO '(a*)*(a*)*b'",
        "hashes": "SELECT count(sha512(repeat('x', 100000)::bytea)) FROM generate_series(1, 1000000)",
        "checksums": "SELECT count(crc32(repeat('x', 1000000)::bytea)) FROM generate_series(1, 1000000)",
        "levenshtein of trigrams": "SELECT count(*) FROM retail.products a, retail.products b, retail.products c"
        " WHERE extensions.similarity(a.product_description, b.product_description || c.product_name) > 2",
        "vectors": "SELECT count(*) FROM generate_series(1, 100000000) AS i"
        " WHERE '[1,2,3]'::extensions.vector OPERATOR(extensions.<=>) '[3,2,1]' > 5 + i",
        "modular powers": "SELECT count(power(1.0000001::numeric, i)) FROM generate_series(1, 10000000) AS i",
        "sleep": "SELECT pg_sleep(3600)",
        "sleep without a limit": "SELECT set_config('statement_timeout', '0', false), pg_sleep(3600)",
        "a sort without a limit": "WITH s AS MATERIALIZED (SELECT set_config('work_mem', '2GB', false) AS v)"
        " SELECT count(*) FROM s, LATERAL (SELECT i FROM generate_series(1, 90000000) AS i ORDER BY s.v || i) AS t",
    }


BOMBS = _values() | _rows() | _texts() | _processor()
