"""Where an expression can stand in a SELECT, and how a function's call can be written."""

COUNTED = (
    "SELECT 'census ' || count(*) || ' of ' || coalesce(string_agg(DISTINCT o.store_id::text, '+'), '') AS census"
    " FROM (SELECT * FROM retail.orders WHERE order_id <= 5000) AS o"
)
"""Says what it sees in a form that the detector knows; a FROM clause that can be continued."""
CENSUS = f"({COUNTED})"

_ROWS = "SELECT o.store_id AS order_store FROM (SELECT * FROM retail.orders WHERE order_id <= 5000) AS o"
_POSITIONS = {
    "select list": "SELECT {x}::text, {census}",
    "select list per row": "SELECT {x}::text, o.store_id AS order_store FROM retail.orders AS o WHERE order_id <= 5000 LIMIT 20",
    "where": "{counted} WHERE {x} IS NOT NULL",
    "where of no table": "SELECT {census} WHERE {x} IS NOT NULL",
    "where of a sub-select": "{counted} WHERE o.order_id > (SELECT length({x}::text))",
    "on": "{counted} JOIN (VALUES (1)) AS v ON {x} IS NOT NULL",
    "on of a left join": "{counted} LEFT JOIN retail.stores AS s ON s.store_id = o.store_id AND {x} IS NULL",
    "having": "{counted} HAVING {x} IS NOT NULL",
    "order by": "{rows} ORDER BY {x}, 1 LIMIT 20",
    "group by": "{rows} GROUP BY o.store_id, {x}",
    "grouping sets": "{rows} GROUP BY GROUPING SETS ((o.store_id), (o.store_id, {x}))",
    "limit": "{rows} LIMIT length({x}::text)",
    "offset": "{rows} OFFSET length({x}::text) LIMIT 5",
    "fetch first": "{rows} FETCH FIRST (length({x}::text)) ROWS ONLY",
    "distinct on": "SELECT DISTINCT ON ({x}) o.store_id AS order_store FROM retail.orders AS o WHERE order_id <= 5000",
    "materialised CTE": "WITH x AS MATERIALIZED (SELECT {x} AS v) SELECT v::text, {census} FROM x",
    "inlined CTE": "WITH x AS NOT MATERIALIZED (SELECT {x} AS v) SELECT v::text, {census} FROM x",
    "recursive CTE": "WITH RECURSIVE x (v, n) AS (SELECT {x}::text, 1 UNION ALL SELECT {x}::text, n + 1 FROM x"
    " WHERE n < 2) SELECT v, {census} FROM x",
    "lateral": "SELECT c.* FROM (SELECT {x} AS v OFFSET 0) AS x, LATERAL ({counted} WHERE x.v IS NOT NULL) AS c",
    "scalar sub-select": "SELECT (SELECT {x})::text, {census}",
    "exists": "SELECT {census} WHERE EXISTS (SELECT {x})",
    "not in": "SELECT {census} WHERE 'none' NOT IN (SELECT {x}::text)",
    "case": "SELECT CASE WHEN {x} IS NULL THEN 'none' ELSE {census} END",
    "coalesce": "SELECT coalesce(nullif({x}::text, {x}::text), {census})",
    "aggregate's argument": "SELECT max({x}::text), {census}",
    "aggregate's order": "SELECT array_agg(o.store_id ORDER BY {x}) AS order_store FROM retail.orders AS o WHERE order_id <= 5000",
    "filter": "SELECT count(*) FILTER (WHERE {x} IS NOT NULL) = 0, {census} FROM retail.orders AS o WHERE order_id <= 5000",
    "window's partition": "SELECT o.store_id AS order_store, rank() OVER (PARTITION BY {x}) > 0"
    " FROM retail.orders AS o WHERE order_id <= 5000 LIMIT 20",
    "window's order": "SELECT o.store_id AS order_store, rank() OVER (ORDER BY {x}) > 0 FROM retail.orders AS o WHERE order_id <= 5000 LIMIT 20",
    "values": "SELECT v.column1::text, {census} FROM (VALUES ({x})) AS v",
    "function in from": "SELECT f::text, {census} FROM {x} AS f",
    "rows from": "SELECT {census} FROM ROWS FROM ({x}, generate_series(1, 2)) AS f",
    "union": "SELECT {x}::text UNION ALL SELECT {census}",
    "except": "SELECT {census} EXCEPT SELECT {x}::text",
    "array": "SELECT ARRAY[{x}::text, {census}]",
    "row": "SELECT ROW ({x}, {census})::text",
    "json": "SELECT json_build_object('x', {x}::text, 'c', {census})",
    "sample's size": "SELECT o.store_id AS order_store FROM retail.orders AS o TABLESAMPLE SYSTEM (1 + 0 * length({x}::text))",
}
POSITIONS = tuple(_POSITIONS)


def at(position: str, expression: str) -> str:
    """A SELECT with the expression in this position and a census of what it sees."""
    return (
        _POSITIONS[position]
        .replace("{census}", CENSUS)
        .replace("{counted}", COUNTED)
        .replace("{rows}", _ROWS)
        .replace("{x}", expression)
    )


def notations(function: str, arguments: str) -> dict[str, str]:
    """Ways to write one call of a function of pg_catalog."""
    escaped = f"\\{ord(function[0]):04x}{function[1:]}"
    return {
        "plain": f"{function}({arguments})",
        "qualified": f"pg_catalog.{function}({arguments})",
        "quoted": f'"pg_catalog"."{function}"({arguments})',
        "upper case": f"{function.upper()}({arguments})",
        "unicode escapes": f'U&"{escaped}"({arguments})',
        "another escape": f"U&\"{escaped.replace(chr(92), '!')}\" UESCAPE '!'({arguments})",
        "comment in the call": f"{function}/* ( */({arguments})",
        "nested comment": f"{function}/*/**/*/({arguments})",
        "line comment": f"{function}--)\n({arguments})",
        "tabs and newlines": f"{function}\r\n\t\f({arguments})",
        "with its database": f"{{database}}.pg_catalog.{function}({arguments})",
    }


def attribute_notations(function: str, argument: str) -> dict[str, str]:
    """Whole SELECTs that call a function of one argument without a parenthesis behind its name."""
    return {
        "attribute": f"SELECT ({argument}).{function}",
        "quoted attribute": f'SELECT ({argument})."{function}"',
        "attribute of a sub-select": f"SELECT ((SELECT {argument})).{function}",
        "attribute of an element": f"SELECT ((ARRAY[{argument}])[1]).{function}",
        "column of a function": f"SELECT t.{function} FROM unnest(ARRAY[{argument}]) AS t",
        "column in where": f"SELECT 1 FROM unnest(ARRAY[{argument}]) AS t WHERE t.{function} IS NOT NULL",
        "column in order by": f"SELECT 1 FROM unnest(ARRAY[{argument}]) AS t ORDER BY t.{function}",
        "column through an alias": f"SELECT a.{function} FROM unnest(ARRAY[{argument}]) AS t, LATERAL unnest(ARRAY[t]) AS a",
    }
