"""What operators are told of errors."""

import psycopg


def database_says(error: psycopg.Error) -> str:
    """What a server says is safe; what libpq says of a URL may quote it, password and all: of that, its kind."""
    return f"the database says: {error.diag.message_primary or type(error).__name__}"
