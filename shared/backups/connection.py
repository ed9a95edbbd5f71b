"""A connection for a run of its own, on which values have one text and rows one order."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

CONNECT_SECONDS = 5

APPLICATION_NAME = "zava-backup"

SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO,YMD",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "synchronize_seqscans": "off",
    "client_encoding": "UTF8",
}

OPTIONS = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
"""The same, as libpq takes them."""

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
        application_name=APPLICATION_NAME,
        keepalives_idle=30,  # one waits while another reads: nothing on the way may take it for dead
    ) as connection:
        yield connection
