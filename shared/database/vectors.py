"""Embeddings on their way into PostgreSQL: a list of floats in, pgvector's binary form out."""

from pgvector import Vector
from pgvector.psycopg.vector import VectorBinaryDumper
from psycopg.types import TypeInfo

from shared.database.connection import Connection

__all__ = ["Vector", "register_vectors"]


async def register_vectors(connection: Connection) -> None:
    """Lets the connection take Vector parameters. What it gives stays as it was, and named."""
    info = await TypeInfo.fetch(connection, "extensions.vector")
    if info is None:  # a database that no schema was deployed to yet
        return
    info.register(connection)
    connection.adapters.register_dumper(Vector, type("VectorDumper", (VectorBinaryDumper,), {"oid": info.oid}))
