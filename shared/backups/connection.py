"""A connection for a run of its own, on which values have one text and rows one order."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

CONNECT_SECONDS = 5

OPTIONS = (
    "-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1"
    " -c synchronize_seqscans=off -c client_encoding=UTF8"
)

type Connection = psycopg.Connection[Any]


@contextmanager
def connected(url: str, password: str | None, options: str = OPTIONS) -> Iterator[Connection]:
    """Autocommit. options: libpq's, in place of those of the URL. password: where the URL has none."""
    with psycopg.connect(
        url,
        password=password,
        options=options,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        application_name="zava-backup",
    ) as connection:
        yield connection
