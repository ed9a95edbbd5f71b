"""What each table had at any snapshot, told by nothing of the product: row triggers that write down every image.

The rows at a snapshot are those that were there at first, with the new images and without the old ones of each
transaction that the snapshot has. It takes no order.
"""

import hashlib

from psycopg import sql

from shared.backups.selection import IN_BACKUP, qualified
from tests.conftest import Database

WATCH = """
CREATE SCHEMA watched;
CREATE TABLE watched.images (
    of_table text NOT NULL, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), sign integer NOT NULL, image text NOT NULL
);
CREATE FUNCTION watched.write_down() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('INSERT INTO watched.images (of_table, sign, image) SELECT %L, -1, each::text FROM %s AS each',
            TG_ARGV[0], TG_ARGV[0]);
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO watched.images (of_table, sign, image) VALUES (TG_ARGV[0], -1, OLD::text);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO watched.images (of_table, sign, image) VALUES (TG_ARGV[0], 1, NEW::text);
    END IF;
    RETURN NULL;
END
$$;
"""
WATCH_TABLE = """
INSERT INTO watched.images (of_table, sign, image) SELECT {name}, 1, each::text FROM {table} AS each;
CREATE TRIGGER written_down AFTER INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION watched.write_down({name});
CREATE TRIGGER written_down_at_truncation BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION watched.write_down({name});
"""
AT_SNAPSHOT = """
COPY (
    SELECT image FROM (
        SELECT image, sum(sign) AS times FROM watched.images
        WHERE of_table = {name} AND pg_visible_in_snapshot(xid, {snapshot}::pg_snapshot) GROUP BY image
    ) AS counted CROSS JOIN generate_series(1, times)
    ORDER BY image COLLATE "C"
) TO STDOUT
"""


def watch(database: Database) -> None:
    """From now on."""
    with database.as_superuser() as superuser:
        superuser.execute("SET timezone = 'UTC'")
        superuser.execute(WATCH)
        for name in sorted(IN_BACKUP):
            statement = sql.SQL(WATCH_TABLE).format(name=sql.Literal(name), table=qualified(name))
            superuser.execute(statement)


def contents_at(database: Database, snapshot: str) -> dict[str, tuple[int, str]]:
    """As tests.backups.conftest.contents, of what was there then."""
    found = {}
    with database.as_superuser() as superuser:
        for name in sorted(IN_BACKUP):
            statement = sql.SQL(AT_SNAPSHOT).format(name=sql.Literal(name), snapshot=sql.Literal(snapshot))
            whole, rows = hashlib.sha256(), 0
            with superuser.cursor() as cursor, cursor.copy(statement) as copy:
                for row in copy:
                    whole.update(row)
                    rows += 1
            found[name] = rows, whole.hexdigest()
    return found
