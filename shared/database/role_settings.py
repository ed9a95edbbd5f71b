"""What sql/roles.sql has sessions of the callers' login begin with, and whether they would."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from shared.database.queries import named_queries

ROLES_FILE = Path(__file__).resolve().parents[2] / "sql" / "roles.sql"
ROLE = "zava_app"

_SETTING = re.compile(rf"^ *ALTER ROLE {ROLE} SET (\w+) = (.+);$", re.MULTILINE)


@cache
def settings_of_this_release() -> dict[str, str]:
    """Name → value, as the file has them."""
    return {name: value.strip("'") for name, value in _SETTING.findall(ROLES_FILE.read_text(encoding="utf-8"))}


def settings_not_in_force(connection: psycopg.Connection[Any]) -> list[str]:
    """A sentence on each that a new session in this database would not have."""
    query = named_queries("role_settings")["not_in_force"]
    parameters = {"role": ROLE, "settings": Jsonb(settings_of_this_release())}
    return [f"{name} {problem}" for name, problem in connection.execute(query, parameters)]
