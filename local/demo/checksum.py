"""A table's rows as two numbers: how many there are, and a checksum over each."""

from typing import Any, NamedTuple

import psycopg
from psycopg import sql

_CONTENT = """\
SELECT count(*), encode(sha256(coalesce(string_agg(hash, ''::bytea ORDER BY hash), '')), 'hex')
FROM (SELECT sha256(convert_to(each::text, 'UTF8')) AS hash FROM {} AS each) AS hashed"""


class Content(NamedTuple):
    """rows, and the SHA-256 of all rows' own SHA-256 in their order, so that where a row lies does not matter."""

    rows: int
    checksum: str


def content_of(superuser: psycopg.Connection[tuple[Any, ...]], table: str) -> Content:
    """table: schema.name. The login must see every row."""
    query = sql.SQL(_CONTENT).format(sql.Identifier(*table.split(".")))
    [(rows, checksum)] = superuser.execute(query).fetchall()
    return Content(rows, checksum)
