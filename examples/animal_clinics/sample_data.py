"""Fills the schema on a laptop: one script, which PostgreSQL runs."""

from pathlib import Path
from typing import Any

import psycopg

SCRIPT = Path(__file__).parent / "sample_data.sql"


def load(connection: psycopg.Connection[Any]) -> None:
    """The rows of sample_data.sql. The connection is a superuser's, the stores and the people are there."""
    connection.execute(SCRIPT.read_text(encoding="utf-8"))
