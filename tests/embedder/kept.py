"""The embeddings that the start of the stack made, kept for whoever needs the whole catalogue embedded, too."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from local.commands import FOR_ALL_LANES

EMBEDDINGS = "retail.product_description_embeddings (product_id, model, content_hash, description_embedding)"


def embeddings_in(connection: psycopg.Connection[Any]) -> Iterator[bytes]:
    """The rows as COPY writes them. The login must see every row."""
    with connection.cursor().copy(f"COPY {EMBEDDINGS} TO STDOUT (FORMAT binary)") as rows:
        yield from map(bytes, rows)


def kept_embeddings() -> Path | None:
    """Where they are or will be, for all lanes; None where a test runs without the others."""
    folder = os.environ.get(FOR_ALL_LANES)
    return Path(folder) / "embeddings" if folder is not None else None


def keep_embeddings(connection: psycopg.Connection[Any]) -> None:
    """Whole or not at all: another lane may be looking."""
    if (kept := kept_embeddings()) is not None:
        unfinished = kept.with_suffix(".unfinished")
        unfinished.write_bytes(b"".join(embeddings_in(connection)))
        unfinished.rename(kept)
