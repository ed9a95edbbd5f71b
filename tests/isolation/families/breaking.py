"""Leaving the one SELECT: more statements behind it, another end of the transaction, changes of anything."""

from collections.abc import Iterator

from tests.isolation.attack import Attack, Target, Tell, each
from tests.isolation.positions import CENSUS, COUNTED, attribute_notations, notations

SWITCH = "SET ROLE zava_owner"


def smuggling(target: Target) -> Iterator[Attack]:
    """Statements behind, before and around the one that is allowed."""
    mark = f"ALTER ROLE CURRENT_USER PASSWORD '{target.password}'"
    separated = {
        "semicolon": f"SELECT 1; {SWITCH}",
        "dollar quotes": f"SELECT $$;$$; END; {mark}; --",
        "tagged dollar quotes": f"SELECT $a$;$a$; COMMIT; {mark}; SELECT $a$",
        "rollback first": f"ROLLBACK; {mark}",
        "commit first": f"COMMIT; {mark}",
        "end in the middle": f"SELECT 1; END; BEGIN; {mark}; SELECT 2",
        "block comment": f"SELECT 1 /* ; */; {mark} /*",
        "open block comment": f"SELECT 1 /*; {mark}",
        "line comment": f"SELECT 1 --\n; {mark}",
        "carriage return": f"SELECT 1 --\r; {mark}",
        "byte order mark": f"\ufeffSELECT 1; {mark}",
        "zero-width space": f"SELECT\u200b1; {mark}",
        "no-break space": f"SELECT\u00a01; {mark}",
        "full-width semicolon": f"SELECT 1\uff1b {mark}",
        "homoglyph": f"SEL\u0415CT 1; {mark}",
        "nul": f"SELECT 1 --\0\n; {mark}",
        "lone surrogate": f"SELECT '\ud800'; {mark}",
        "escape string": f"SELECT E'\\'; {mark}; --'",
        "backslash quote": f"SELECT '\\'; {mark}; --'",
        "unicode string": f"SELECT U&'\\0027; {mark}; --'",
        "continued string": f"SELECT 'a'\n'; {mark}; --'",
        "national string": f"SELECT N'; {mark}; --'",
        "closing parenthesis": f"SELECT 1); {mark}; SELECT (1",
        "two closing parentheses": f"SELECT 1)); {mark}; --",
        "only a semicolon": f";; {mark}",
        "as an explain": f"ANALYZE SELECT 1; {mark}",
        "psql command": "SELECT 1 \\! id",
        "psql gexec": f"SELECT '{SWITCH}' \\gexec",
        "psql copy": "\\copy retail.orders to '/tmp/zava-attack'",
        "positional parameter": "SELECT $1",
        "named placeholder": "SELECT %(name)s, %s, %%, '%'",
        "end of input": f"SELECT 1; {mark}\x1a",
    }
    yield from each("smuggling", "a second statement", separated, tell=Tell.RAN, channel="own role")
    # To PostgreSQL no ends of a line: all of it is a comment and runs as such. What it would change is looked at after.
    comments = {
        "line separator": f"SELECT 1 --\u2028; {mark}",
        "next line": f"SELECT 1 --\u0085; {mark}",
        "right to left": f"SELECT 1 --\u202e; {mark}",
    }
    yield from each("smuggling", "a second statement", comments)
    around = {
        "fetch from the answer": f"SELECT 1; FETCH ALL FROM answer; {COUNTED}",
        "close the answer": f"SELECT 1; CLOSE answer; DECLARE answer CURSOR FOR {COUNTED}",
        "move": f"SELECT 1; MOVE ALL IN answer; {COUNTED}",
        "with hold": f"WITH HOLD FOR {COUNTED}",
        "a cursor of one's own": f"DECLARE mine CURSOR WITH HOLD FOR {COUNTED}",
        "execute": f"EXECUTE {target.marker}",
        "savepoint": f"SAVEPOINT a; {COUNTED}",
        "values": f"VALUES ({CENSUS})",
        "table": "TABLE access.signing_keys",
        "parentheses": f"(((({COUNTED}))))",
        "select into": f"SELECT * INTO TEMP t FROM ({COUNTED}) AS c",
        "for update": "SELECT store_id AS order_store FROM retail.orders FOR UPDATE",
        "of a foreign cursor": f'FETCH ALL FROM "{target.marker}"',
        "show": "SHOW app.rls_context",
        "show all": "SHOW ALL",
        "discard": "DISCARD ALL",
        "reset": "RESET app.rls_context",
        "deallocate": "DEALLOCATE ALL",
        "checkpoint": "CHECKPOINT",
        "vacuum": "VACUUM FULL retail.orders",
        "analyze": "ANALYZE retail.orders",
        "two-phase": f"PREPARE TRANSACTION '{target.marker}'",
    }
    yield from each("smuggling", "rows or state behind the cursor", around)


def writes(_: Target) -> Iterator[Attack]:
    """Anything that would be different afterwards."""
    returning = "SELECT * FROM x"
    statements = {
        "insert": "INSERT INTO retail.categories (category_name) VALUES ('attack')",
        "update": "UPDATE retail.orders SET order_date = order_date",
        "delete": "DELETE FROM retail.order_items",
        "merge": "MERGE INTO retail.inventory AS i USING (VALUES (1)) AS v ON false"
        " WHEN NOT MATCHED THEN INSERT VALUES (7, 1, 1)",
        "truncate": "TRUNCATE retail.order_items",
        "inserting CTE": f"WITH x AS (INSERT INTO retail.categories (category_name) VALUES ('a') RETURNING 1) {returning}",
        "updating CTE": f"WITH x AS (UPDATE retail.stores SET is_online = true RETURNING 1) {returning}",
        "deleting CTE": f"WITH x AS (DELETE FROM retail.inventory RETURNING 1) {returning}",
        "nested deleting CTE": f"SELECT (WITH x AS (DELETE FROM retail.inventory RETURNING 1) {returning})",
        "a key of one's own": "INSERT INTO access.signing_keys VALUES ('mine', repeat('a', 64)::bytea, repeat('b', 64)::bytea)",
        "a grant of one's own": "INSERT INTO access.store_grants SELECT principal_id, 1 FROM access.principals",
        "select into": "SELECT 1 AS i INTO retail.t",
        "select into temp": "SELECT 1 AS i INTO TEMPORARY t",
        "create table": "CREATE TABLE retail.t (i integer)",
        "create unlogged table": "CREATE UNLOGGED TABLE public.t (i integer)",
        "create table as": "CREATE TABLE public.t AS SELECT 1",
        "create view": "CREATE VIEW public.v AS SELECT 1",
        "create materialised view": "CREATE MATERIALIZED VIEW public.v AS SELECT 1",
        "create sequence": "CREATE SEQUENCE public.s",
        "create domain": "CREATE DOMAIN public.d AS integer",
        "create server": "CREATE SERVER s FOREIGN DATA WRAPPER f",
        "create publication": "CREATE PUBLICATION p FOR ALL TABLES",
        "create event trigger": "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
        "create language": "CREATE LANGUAGE plpython3u",
        "create database": "CREATE DATABASE mine",
        "create statistics": "CREATE STATISTICS public.s ON store_id, order_date FROM retail.orders",
        "create index": "CREATE INDEX ON retail.orders (order_date)",
        "comment": "COMMENT ON TABLE retail.orders IS 'attack'",
        "nextval": "SELECT nextval('retail.orders_order_id_seq')",
        "setval": "SELECT setval('retail.orders_order_id_seq', 1)",
        "drop": "DROP SCHEMA retail CASCADE",
        "alter": "ALTER TABLE retail.orders ADD COLUMN attack integer",
        "cluster": "CLUSTER retail.orders",
        "reindex": "REINDEX TABLE retail.orders",
        "refresh": "REFRESH MATERIALIZED VIEW retail.v",
        "lock table": "LOCK TABLE retail.orders IN ACCESS EXCLUSIVE MODE",
        "call": "CALL access.enter_context('x')",
        "security label": "SECURITY LABEL ON ROLE zava_app IS 'x'",
        "import": "IMPORT FOREIGN SCHEMA x FROM SERVER s INTO public",
        "reload": "SELECT pg_reload_conf()",
        "rotate": "SELECT pg_rotate_logfile()",
        "switch wal": "SELECT pg_switch_wal()",
        "slot": "SELECT pg_create_physical_replication_slot('mine')",
        "restore point": "SELECT pg_create_restore_point('mine')",
        "backup": "SELECT pg_backup_start('mine')",
        "reset statistics": "SELECT pg_stat_reset()",
        "restore statistics": "SELECT pg_restore_relation_stats('schemaname', 'retail', 'relname', 'orders',"
        " 'reltuples', 1::real)",
        "clear statistics": "SELECT pg_clear_relation_stats('retail', 'orders')",
        "import collations": "SELECT pg_import_system_collations('public')",
        "drop the file": "SELECT pg_file_unlink('PG_VERSION')",
    }
    yield from each("writes", "a change", statements, tell=Tell.RAN)
    anybody = {
        "large objects": {
            "lo_creat": "SELECT lo_creat(-1)",
            "lo_create": "SELECT lo_create(0)",
            "lo_from_bytea": "SELECT lo_from_bytea(0, 'attack')",
            "lo_from_bytea quoted": 'SELECT "pg_catalog"."lo_from_bytea"(0, \'attack\')',
            "lo_creat as an attribute": "SELECT (-1).lo_creat",
        },
        "messages": {
            "notify": "NOTIFY zava, 'attack'",
            "pg_notify": "SELECT pg_notify('zava', 'attack')",
            "listen": "LISTEN zava",
            "write-ahead log": "SELECT pg_logical_emit_message(false, 'attack', 'x')",
            "write-ahead log as bytes": "SELECT pg_logical_emit_message(false, 'attack', 'x'::bytea, true)",
            "snapshot": "SELECT pg_export_snapshot()",
            "flushed statistics": "SELECT pg_stat_force_next_flush()",
        },
        "session": {
            "do": "DO $$ BEGIN PERFORM 1; END $$",
            "prepare": "PREPARE attack AS SELECT 1",
            "load path": "SET search_path = pg_temp",
            "read-write": "SET default_transaction_read_only = off",
            "no time limit": "SET statement_timeout = 0",
            "memory": "SET work_mem = '2GB'",
            "seed": "SELECT setseed(0.5)",
        },
        "advisory locks": {
            f"{function}({arguments})": f"SELECT {function}({arguments})"
            for function, arguments in (
                *(("pg_advisory_lock", "4711"), ("pg_advisory_lock_shared", "1, 2"), ("pg_advisory_xact_lock", "4711")),
                *(("pg_try_advisory_lock", "4711"), ("pg_try_advisory_xact_lock_shared", "1, 2")),
            )
        }
        | {"the lock of a deploy": "SELECT pg_advisory_lock(x'7A617661'::bigint)"}
        | {f"written {how}": f"SELECT {call}" for how, call in notations("pg_try_advisory_lock", "4711").items()}
        | {f"as {how}": s for how, s in attribute_notations("pg_try_advisory_lock", "4711::bigint").items()},
    }
    for channel, some in anybody.items():
        yield from each("writes", "something others notice", some, tell=Tell.RAN, channel=channel)


def sleeping(_: Target) -> Iterator[Attack]:
    """A connection held for nothing, in every notation."""
    yield from each(
        "sleeping",
        "a connection held for nothing",
        {f"written {how}": f"SELECT {call}" for how, call in notations("pg_sleep", "0.001").items()}
        | {f"as {how}": s for how, s in attribute_notations("pg_sleep", "0.001::float8").items()}
        | {
            "for an interval": "SELECT pg_sleep_for('1 ms')",
            "until a time": "SELECT pg_sleep_until(clock_timestamp())",
            "in where": "SELECT 1 WHERE pg_sleep(0.001) IS NOT NULL",
            "in query_to_xml": "SELECT query_to_xml('SELECT pg_sleep(0.001)', true, false, '')",
        },
        tell=Tell.RAN,
        channel="sleeping",
    )
