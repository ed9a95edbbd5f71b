"""Which tables a backup has, and why others are not in it."""

from collections.abc import Collection

from psycopg import sql

from shared.errors import BackupFailed

IN_BACKUP = frozenset(
    {
        *("retail.stores", "retail.customers", "retail.categories", "retail.product_types", "retail.products"),
        *("retail.product_description_embeddings", "retail.inventory", "retail.orders", "retail.order_items"),
        *("access.principals", "access.store_grants", "access.revocations"),
        *("ops.audit", "ops.audit_chain", "ops.field_keys", "ops.served_model"),
    }
)

LEFT_OUT = {
    "access.signing_keys": "keys come from the vault, and a backup must not be one",
    "access.key_lease": "is of a run at work",
    "access.revocation_changes": "counts, and goes on counting",
    "access.turns": "counts, and goes on counting",
    "access.visibility": "derived from principals, grants and stores, anew at a restore",
    "access.visits": "derived from orders and customers, anew at a restore",
    "ops.allowances": "no row is a full allowance",
    "ops.backup_lease": "is of a run at work",
    "ops.last_backup": "is of this database and its backups; a restored one begins with a full one",
    "ops.embedding_queue": "derived from products and embeddings at the next refresh",
    "ops.migrations": "the manifest has them, and a deploy writes them",
    "ops.product_words": "derived from products, anew at a restore",
    "ops.row_changes": "counts what a restore writes, to be compared",
    "ops.tasks": "callers' answers, which expire within the hour",
    "ops.words": "derived from products; a word more does no harm",
}
"""By name, with the reason."""

EMPTIED = IN_BACKUP | {"ops.embedding_queue", "ops.product_words"}
"""What a restore empties: these refer to products."""

SEEDED = frozenset({"ops.audit_chain"})
"""Tables in which a deploy puts a row, so that they are never empty."""


def check_all_are_known(tables: Collection[str]) -> None:
    """Raises BackupFailed where a table is neither in backups nor left out, or is not there: nobody has decided."""
    if unknown := sorted(set(tables) - IN_BACKUP - LEFT_OUT.keys()):
        raise BackupFailed(f"nobody has decided whether these tables are backed up: {', '.join(unknown)}")
    if missing := sorted(IN_BACKUP - set(tables)):
        raise BackupFailed(f"these tables are not in the database: {', '.join(missing)}")


def lock_of_all() -> sql.Composed:
    """A statement for each transaction that reads: what is locked keeps its rows, columns and policies."""
    return sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(sql.SQL(", ").join(map(qualified, sorted(IN_BACKUP))))


def qualified(name: str) -> sql.Identifier:
    """A table's, or a sequence's, of `schema.name`."""
    return sql.Identifier(*name.split("."))
