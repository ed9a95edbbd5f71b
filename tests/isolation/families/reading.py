"""Reading what is not a row of one's own: through nested SQL, statistics, catalogues, other sessions, files."""

from collections.abc import Iterator

from tests.isolation.attack import Attack, Target, Tell, each
from tests.isolation.positions import COUNTED, attribute_notations, notations

TABLES = ("orders", "order_items", "customers", "inventory")


def executors(target: Target) -> Iterator[Attack]:
    """Functions that run SQL of their own."""
    forging = f"WITH x AS MATERIALIZED (SELECT set_config($a$app.rls_context$a$, $a${target.unsigned}$a$, false) AS v)"
    inner = {
        "a census": COUNTED.replace("'", "''"),
        "a forged census": f"{forging} SELECT v, c.* FROM x, ({COUNTED}) AS c".replace("'", "''"),
        "the keys": "SELECT * FROM access.signing_keys",
        "the principals": "SELECT * FROM access.principals",
        "password hashes": "SELECT rolname, rolpassword FROM pg_catalog.pg_authid",
        "another role": "SET ROLE zava_owner",
        "a deletion": "DELETE FROM retail.orders",
        "two statements": f"SELECT 1; {COUNTED}".replace("'", "''"),
    }
    runners = {
        "query_to_xml": "SELECT query_to_xml('{q}', true, false, '')",
        "query_to_xml_and_xmlschema": "SELECT query_to_xml_and_xmlschema('{q}', true, false, '')",
        "ts_stat": "SELECT * FROM ts_stat('{q}')",
        "xpath over query_to_xml": "SELECT xpath('//text()', query_to_xml('{q}', false, false, ''))",
    }
    yield from each(
        "executors",
        "foreign rows or keys by SQL inside SQL",
        {
            f"{what} by {how}": runner.replace("{q}", query)
            for how, runner in runners.items()
            for what, query in inner.items()
        },
    )
    written = {
        f"query_to_xml written {how}": f"SELECT {call}"
        for how, call in notations("query_to_xml", f"'{inner['a forged census']}', true, false, ''").items()
    }
    others = {
        "table_to_xml": "SELECT table_to_xml('access.signing_keys'::regclass, true, false, '')",
        "table_to_xml of orders": "SELECT xpath('//store_id[.!=7]/text()', table_to_xml('retail.orders', true, false, ''))"
        " AS order_store",
        "schema_to_xml": "SELECT schema_to_xml('access', true, false, '')",
        "database_to_xml": "SELECT substr(database_to_xml(true, false, '')::text, 1, 100000)",
        "cursor_to_xml of the answer": "SELECT cursor_to_xml('answer', 10, true, false, '')",
        "cursor_to_xml of a neighbour's": f"SELECT cursor_to_xml('{target.marker}', 10, true, false, '')",
        "ts_rewrite": "SELECT ts_rewrite('a'::tsquery, 'SELECT email::tsquery, email::tsquery FROM retail.customers')",
        "ts_stat of e-mails": "SELECT word FROM ts_stat('SELECT to_tsvector(email) FROM retail.customers')"
        f" WHERE word = '{target.email}'",
        "dblink": "SELECT * FROM dblink('dbname=postgres user=postgres', 'SELECT 1') AS t (i integer)",
        "dblink_exec": "SELECT dblink_exec('dbname=postgres', 'DROP ROLE zava_app')",
        "crosstab": "SELECT * FROM crosstab('SELECT 1, 2, 3') AS t (i integer)",
        "connectby": "SELECT * FROM connectby('retail.orders', 'a', 'b', '1', 0) AS t (i integer)",
        "xmltable": "SELECT x.* FROM XMLTABLE('//row' PASSING query_to_xml('SELECT store_id FROM retail.orders',"
        " true, false, '') COLUMNS order_store integer PATH 'store_id') AS x LIMIT 20",
        "lo_get": "SELECT lo_get(loid) FROM (SELECT oid AS loid FROM pg_largeobject_metadata) AS l",
        "a json query": "SELECT jsonb_path_query(to_jsonb(o), '$.store_id') AS order_store FROM retail.orders AS o LIMIT 9",
    }
    yield from each("executors", "foreign rows or keys by SQL inside SQL", written | others)


def statistics(_: Target) -> Iterator[Attack]:
    """Numbers that PostgreSQL keeps for itself count every tenant's rows."""
    per_table = {
        f"{function} of {table}": f"SELECT {function}('retail.{table}'::regclass)"
        for table in TABLES[:2]
        for function in (
            *("pg_relation_size", "pg_table_size", "pg_total_relation_size", "pg_indexes_size"),
            *("pg_stat_get_live_tuples", "pg_stat_get_tuples_inserted", "pg_stat_get_mod_since_analyze"),
            *("pg_stat_get_numscans", "pg_stat_get_tuples_returned", "pg_stat_get_blocks_fetched"),
            *("pg_stat_get_ins_since_vacuum", "pg_stat_get_last_analyze_time", "pg_stat_get_blocks_hit"),
        )
    }
    views = {
        "reltuples": "SELECT relname, reltuples FROM pg_class WHERE relname = 'orders'",
        "relpages": "SELECT relpages FROM pg_class WHERE relname = 'order_items'",
        "reltuples of indexes": "SELECT relname, reltuples FROM pg_class WHERE relname LIKE 'orders%' AND relkind = 'i'",
        "whole pg_class": "SELECT c::text FROM pg_class AS c WHERE relname = 'orders'",
        "pg_class as json": "SELECT to_jsonb(c) FROM pg_class AS c WHERE relname = 'orders'",
        "pg_class by natural join": "SELECT * FROM pg_class NATURAL JOIN (VALUES ('orders'::name)) AS v (relname)",
        "pg_stats": "SELECT * FROM pg_stats WHERE schemaname = 'retail' AND tablename IN ('orders', 'customers')",
        "pg_statistic": "SELECT * FROM pg_statistic LIMIT 5",
        "pg_stats_ext": "SELECT * FROM pg_stats_ext WHERE schemaname = 'retail'",
        "pg_statistic_ext_data": "SELECT * FROM pg_statistic_ext_data",
        "pg_stat_user_tables": "SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE n_live_tup > 0",
        "pg_stat_all_tables": "SELECT n_tup_ins FROM pg_stat_all_tables WHERE relname = 'orders'",
        "pg_stat_xact_all_tables": "SELECT seq_tup_read + 1 FROM pg_stat_xact_all_tables WHERE relname = 'orders'",
        "pg_statio_all_tables": "SELECT heap_blks_read + heap_blks_hit FROM pg_statio_all_tables WHERE relname = 'orders'",
        "pg_stat_all_indexes": "SELECT sum(idx_scan) FROM pg_stat_all_indexes WHERE schemaname = 'retail'",
        "pg_statio_all_indexes": "SELECT sum(idx_blks_hit) FROM pg_statio_all_indexes WHERE schemaname = 'retail'",
        "pg_stat_user_functions": "SELECT funcname, calls FROM pg_stat_user_functions",
        "pg_stat_database": "SELECT tup_returned FROM pg_stat_database WHERE datname = current_database()",
        "pg_stat_io": "SELECT sum(reads + hits) FROM pg_stat_io",
        "pg_stat_wal": "SELECT wal_records FROM pg_stat_wal",
        "pg_stat_statements": "SELECT query, rows FROM pg_stat_statements",
        "pg_stat_statements_info": "SELECT * FROM pg_stat_statements_info",
        "pg_database_size": "SELECT pg_database_size(current_database())",
        "pg_tablespace_size": "SELECT pg_tablespace_size('pg_default')",
        "pg_current_wal_lsn": "SELECT pg_current_wal_lsn()",
        "a sequence": "SELECT last_value FROM retail.orders_order_id_seq",
        "pg_sequences": "SELECT last_value FROM pg_sequences WHERE schemaname = 'retail' AND last_value IS NOT NULL",
        "pg_sequence_last_value": "SELECT pg_sequence_last_value('retail.orders_order_id_seq')",
        "pg_get_sequence_data": "SELECT last_value FROM pg_get_sequence_data('retail.orders_order_id_seq')",
        "pg_stat_get_xact_blocks_fetched": f"WITH c AS MATERIALIZED ({COUNTED}) SELECT census,"
        " pg_stat_get_xact_blocks_fetched('retail.orders'::regclass) FROM c",
    }
    family, success = "statistics", "a number that depends on other tenants' rows"
    yield from each(family, success, per_table, tell=Tell.RAN, channel="statistics")
    yield from each(family, success, views, tell=Tell.ANSWERED, channel="statistics")


def plans(_: Target) -> Iterator[Attack]:
    """How the planner would do it, which it decides by what it knows of all rows."""
    statements = {
        "EXPLAIN": "EXPLAIN SELECT * FROM retail.orders WHERE store_id = 1",
        "EXPLAIN ANALYZE": "EXPLAIN ANALYZE SELECT * FROM retail.orders",
        "EXPLAIN of a foreign customer": "EXPLAIN (FORMAT JSON) SELECT * FROM retail.orders WHERE customer_id = 7",
        "EXPLAIN SETTINGS": "EXPLAIN (SETTINGS, VERBOSE) SELECT * FROM retail.order_items",
        "EXPLAIN by query_to_xml": "SELECT query_to_xml('EXPLAIN SELECT * FROM retail.orders', true, false, '')",
        "EXPLAIN in a CTE": "WITH p AS (EXPLAIN SELECT * FROM retail.orders) SELECT * FROM p",
    }
    yield from each("plans", "estimates and counts of all rows", statements, tell=Tell.ANSWERED, channel="plans")


def catalogues(_: Target) -> Iterator[Attack]:
    """What the database knows of itself: secrets must be shut, definitions are in the open repository anyway."""
    secrets = {
        "signing keys": "SELECT kid, inner_pad, outer_pad FROM access.signing_keys",
        "signing keys by column": "SELECT encode(inner_pad, 'hex') FROM access.signing_keys",
        "a key's row": "SELECT k::text FROM access.signing_keys AS k",
        "principals": "TABLE access.principals",
        "grants": "SELECT * FROM access.store_grants",
        "migrations": "SELECT * FROM ops.migrations",
        "the key by its constraint": "SELECT 1 FROM access.signing_keys WHERE kid = 'test-key-1'",
        "the key in a join": "SELECT s.store_id FROM retail.stores AS s JOIN access.signing_keys AS k ON true",
        "pg_authid": "SELECT rolname, rolpassword FROM pg_authid",
        "pg_shadow": "SELECT usename, passwd FROM pg_shadow",
        "pg_user_mapping": "SELECT * FROM pg_user_mapping",
        "subscriptions": "SELECT subconninfo FROM pg_subscription",
        "pg_hba_file_rules": "SELECT * FROM pg_hba_file_rules",
        "pg_ident_file_mappings": "SELECT * FROM pg_ident_file_mappings",
        "pg_file_settings": "SELECT * FROM pg_file_settings",
        "pg_config": "SELECT * FROM pg_config",
        "a superuser's setting": "SELECT current_setting('data_directory'), current_setting('config_file')",
        "pg_settings": "SELECT name, setting FROM pg_settings WHERE name IN ('data_directory', 'hba_file')",
        "shared memory": "SELECT * FROM pg_shmem_allocations",
        "memory contexts of one's own": "SELECT * FROM pg_backend_memory_contexts",
        "heap pages": "SELECT get_raw_page('retail.orders', 0)",
        "replication slots": "SELECT slot_name FROM pg_replication_slots",
        "largest key by statistics": "SELECT most_common_vals FROM pg_stats WHERE tablename = 'signing_keys'",
        "information_schema": "SELECT table_name FROM information_schema.tables WHERE table_schema IN ('access', 'ops')",
    }
    yield from each("catalogues", "a secret of the server", secrets, tell=Tell.ANSWERED)
    definitions = {
        "policies": "SELECT tablename, qual FROM pg_policies",
        "policy trees": "SELECT polqual FROM pg_policy",
        "source of definer functions": "SELECT prosrc FROM pg_proc WHERE proname = 'verified_caller'",
        "pg_get_functiondef": "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'verified_caller'",
        "pg_get_expr": "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy",
        "schema access": "SELECT attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid"
        " WHERE relname = 'signing_keys'",
        "constraints": "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'access%'",
        "comments": "SELECT obj_description('access'::regnamespace)",
        "roles": "SELECT rolname FROM pg_roles WHERE rolname LIKE 'zava%'",
        "role settings": "SELECT setconfig FROM pg_db_role_setting",
        "version": "SELECT version()",
        "server address": "SELECT inet_server_addr(), inet_server_port()",
        "start time": "SELECT pg_postmaster_start_time(), pg_conf_load_time()",
        "databases": "SELECT datname FROM pg_database WHERE datname <> current_database()",
        "settings of the server": "SELECT name, setting FROM pg_settings WHERE context = 'postmaster'",
    }
    yield from each("catalogues", "how the server is built", definitions, tell=Tell.ANSWERED, channel="definitions")


def neighbours(target: Target) -> Iterator[Attack]:
    """Other sessions of the one login that all callers share."""
    others = "datname = current_database() AND pid <> pg_backend_pid() AND usename = 'zava_app'"
    seen = {
        "pg_stat_activity": f"SELECT query, application_name FROM pg_stat_activity WHERE {others}",
        "queries": f"SELECT query FROM pg_stat_activity WHERE query LIKE '%{target.marker[:8]}%'",
        "pg_stat_get_activity": "SELECT pid, application_name FROM pg_stat_get_activity(NULL)"
        " WHERE pid <> pg_backend_pid()",
        "pg_stat_get_backend_activity": "SELECT pg_stat_get_backend_activity(i) FROM pg_stat_get_backend_idset() AS i"
        " WHERE pg_stat_get_backend_pid(i) <> pg_backend_pid()",
        "pg_stat_get_backend_idset": "SELECT i FROM pg_stat_get_backend_idset() AS i"
        " WHERE pg_stat_get_backend_pid(i) <> pg_backend_pid()",
        "pg_prepared_statements": "SELECT name, statement FROM pg_prepared_statements WHERE name <> ''",
        "pg_cursors": "SELECT name, statement FROM pg_cursors WHERE name NOT IN ('', 'answer')",
        "pg_locks": "SELECT locktype, classid, objid FROM pg_locks WHERE pid <> pg_backend_pid() AND locktype = 'advisory'",
        "pg_lock_status": "SELECT locktype FROM pg_lock_status() WHERE pid <> pg_backend_pid()",
        "pg_blocking_pids": f"SELECT pg_blocking_pids(pid) FROM pg_stat_activity WHERE {others}",
        "pg_prepared_xacts": "SELECT * FROM pg_prepared_xacts",
        "pg_stat_ssl": "SELECT pid FROM pg_stat_ssl WHERE pid <> pg_backend_pid()",
        "pg_stat_gssapi": "SELECT pid FROM pg_stat_gssapi WHERE pid <> pg_backend_pid()",
        "pg_stat_progress": "SELECT pid FROM pg_stat_progress_vacuum",
        "pg_stat_replication": "SELECT application_name FROM pg_stat_replication",
        "pg_listening_channels": "SELECT pg_listening_channels()",
        "pg_stat_get_wal_senders": "SELECT * FROM pg_stat_get_wal_senders()",
        "number of sessions": "SELECT numbackends FROM pg_stat_database WHERE datname = current_database()",
        "pg_stat_get_db_numbackends": "SELECT pg_stat_get_db_numbackends(oid) FROM pg_database"
        " WHERE datname = current_database()",
        "subtransactions": "SELECT pg_stat_get_backend_subxact(i) FROM pg_stat_get_backend_idset() AS i",
        "transactions in progress": "SELECT pg_snapshot_xmax(pg_current_snapshot())",
        "txid_current_snapshot": "SELECT txid_snapshot_xmax(txid_current_snapshot())",
        "a neighbour's lock": f"SELECT pg_try_advisory_lock({neighbours_lock(target.marker)}) IS FALSE",
        "a notification queue": "SELECT pg_notification_queue_usage()",
    }
    yield from each("neighbours", "what others do just now", seen, tell=Tell.ANSWERED, channel="shared login")
    ending = {
        f"{function} {how}": statement
        for function in ("pg_terminate_backend", "pg_cancel_backend")
        for how, statement in {
            "by activity": f"SELECT {function}(pid) FROM pg_stat_activity WHERE {others}",
            "in where": f"SELECT 1 FROM pg_stat_activity WHERE CASE WHEN {others} THEN {function}(pid) END",
            "quoted": f'SELECT "pg_catalog"."{function}"(pid) FROM pg_stat_activity WHERE {others}',
            "as an attribute": f"SELECT (pid).{function} FROM pg_stat_activity WHERE {others}",
        }.items()
        if not (function == "pg_terminate_backend" and "attribute" in how)  # it has two arguments
    }
    yield from each("neighbours", "others' calls stopped", ending, tell=Tell.RAN, channel="stopping neighbours")


def neighbours_lock(marker: str) -> int:
    """The advisory lock that the neighbour holds."""
    return int.from_bytes(marker.encode()[-4:])


def files(_: Target) -> Iterator[Attack]:
    """The server's disk."""
    reads = {
        f"{function} written {how}": f"SELECT {call}"
        for function, argument in {"pg_read_file": "'PG_VERSION'", "pg_ls_dir": "'.'"}.items()
        for how, call in notations(function, argument).items()
    }
    attributes = {
        f"{function} as {how}": statement
        for function in ("pg_read_file", "pg_ls_dir")
        for how, statement in attribute_notations(function, "'PG_VERSION'::text").items()
    }
    others = {
        "pg_read_binary_file": "SELECT pg_read_binary_file('global/pg_control')",
        "pg_stat_file": "SELECT pg_stat_file('PG_VERSION')",
        "pg_ls_logdir": "SELECT pg_ls_logdir()",
        "pg_ls_waldir": "SELECT pg_ls_waldir()",
        "pg_ls_tmpdir": "SELECT pg_ls_tmpdir()",
        "pg_ls_archive_statusdir": "SELECT pg_ls_archive_statusdir()",
        "pg_current_logfile": "SELECT pg_current_logfile()",
        "lo_import": "SELECT lo_import('PG_VERSION')",
        "COPY FROM": "COPY retail.categories (category_name) FROM '/etc/passwd'",
        "COPY FROM PROGRAM": "COPY retail.categories (category_name) FROM PROGRAM 'id'",
        "COPY TO": "COPY (SELECT 1) TO '/tmp/zava-attack'",
        "COPY TO PROGRAM": "COPY (SELECT 1) TO PROGRAM 'cat > /tmp/zava-attack'",
        "lo_export": "SELECT lo_export(1, '/tmp/zava-attack')",
        "pg_relation_filepath": "SELECT pg_relation_filepath('retail.orders')",
        "pg_read_file by a cast": "SELECT 'pg_read_file(text)'::regprocedure::oid::regproc::text WHERE false",
        "a foreign table": "CREATE FOREIGN TABLE f (t text) SERVER s",
        "xml entity": "SELECT xmlparse(document '<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>')"
        "::text LIKE '%root:%' OR NULL",
    }
    paths = {"pg_relation_filepath"}
    yield from each("files", "a file of the server", reads | attributes, tell=Tell.ANSWERED)
    yield from each(
        "files", "a file of the server", {n: s for n, s in others.items() if n not in paths}, tell=Tell.ANSWERED
    )
    yield from each(
        "files",
        "where a table lies",
        {n: s for n, s in others.items() if n in paths},
        tell=Tell.ANSWERED,
        channel="definitions",
    )
