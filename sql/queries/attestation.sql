-- What the server asks of its database before it serves rows. Each check gives one row (subject, problem) for each
-- thing that is wrong, none where it holds. All read catalogues that every login may read, as the callers' login.
-- %(schemas)s: all of ours. %(data_schemas)s: those that callers read. %(guards)s: table with its schema → the condition
-- that its policy must hold to, as pg_get_expr prints it; %(tenants)s: → the column of the tenant, or NULL.

-- name: login
-- Superusers and BYPASSRLS see every row; the other rights let a login give itself what it lacks.
SELECT role.rolname AS subject, attribute.problem
FROM pg_catalog.pg_roles AS role
CROSS JOIN LATERAL (
    VALUES
        (role.rolname <> 'zava_app', 'is not the login that the policies are made for'),
        (role.rolsuper, 'is a superuser'),
        (role.rolbypassrls, 'bypasses row-level security'),
        (role.rolreplication, 'may replicate'),
        (role.rolcreaterole, 'may create roles'),
        (role.rolcreatedb, 'may create databases')
) AS attribute (wrong, problem)
WHERE role.rolname IN (session_user, current_user) AND attribute.wrong
UNION ALL
SELECT 'row_security', 'is off' WHERE current_setting('row_security') <> 'on';

-- name: memberships
-- One direct membership is the first step of every indirect one.
SELECT DISTINCT pg_get_userbyid(membership.roleid)::text AS subject, 'is granted to the login' AS problem
FROM pg_catalog.pg_auth_members AS membership
JOIN pg_catalog.pg_roles AS role ON role.oid = membership.member
WHERE role.rolname IN (session_user, current_user);

-- name: ownership
-- An owner may switch policies off, and functions run with the rights of theirs.
SELECT pg_describe_object(classid, objid, objsubid) AS subject, 'belongs to the login' AS problem
FROM pg_catalog.pg_shdepend
JOIN pg_catalog.pg_roles AS role ON role.oid = refobjid
WHERE refclassid = 'pg_catalog.pg_authid'::regclass AND deptype = 'o' AND role.rolname IN (session_user, current_user)
    AND dbid IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
UNION ALL
SELECT owned.subject, 'belongs to ' || owner.rolname || ' instead of zava_owner'
FROM (
    SELECT 'schema ' || nspname AS subject, nspowner AS owner_id, nspname FROM pg_catalog.pg_namespace
    UNION ALL
    SELECT nspname || '.' || relname, relowner, nspname
    FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT nspname || '.' || proname, proowner, nspname
    FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = pronamespace
) AS owned
JOIN pg_catalog.pg_roles AS owner ON owner.oid = owned.owner_id
WHERE owned.nspname = ANY (%(schemas)s::text[]) AND owner.rolname <> 'zava_owner'
UNION ALL
SELECT rolname, 'may log in, or has rights beyond its own objects' FROM pg_catalog.pg_roles
WHERE rolname = 'zava_owner' AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolreplication OR rolcreaterole);

-- name: tables
-- Without ENABLE there are no policies, without FORCE none for the owner, whose rights SECURITY DEFINER functions have.
SELECT namespace.nspname || '.' || relation.relname AS subject, attribute.problem
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
CROSS JOIN LATERAL (
    VALUES
        (relkind IN ('r', 'p') AND NOT relrowsecurity, 'does not have row-level security enabled'),
        (relkind IN ('r', 'p') AND NOT relforcerowsecurity, 'does not have row-level security forced'),
        (
            relkind IN ('r', 'p') AND NOT %(guards)s::jsonb ? (nspname || '.' || relname), 'is a table that this release does not know'
        ),
        (relkind = 'm', 'is a materialised view, which no policy covers'),
        (relkind = 'f', 'is a foreign table, which no policy covers'),
        (
            relkind = 'v' AND NOT EXISTS (
                SELECT FROM pg_options_to_table(reloptions)
                WHERE option_name = 'security_invoker' AND option_value::boolean
            ),
            'is a view that reads with the rights of its owner'
        )
) AS attribute (wrong, problem)
WHERE namespace.nspname = ANY (%(data_schemas)s::text[]) AND attribute.wrong
UNION ALL
SELECT name, 'is missing'
FROM jsonb_object_keys(%(guards)s::jsonb) AS name
WHERE name NOT IN (
    SELECT namespace.nspname || '.' || relation.relname
    FROM pg_catalog.pg_class AS relation
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE namespace.nspname = ANY (%(data_schemas)s::text[]) AND relation.relkind IN ('r', 'p')
);

-- name: policies
-- Permissive policies add up, so there is exactly one. Its condition is the guard and nothing else.
WITH applying AS (
    SELECT
        relation.name, policy.polname, policy.polcmd, policy.polpermissive, policy.polroles,
        btrim(regexp_replace(pg_get_expr(policy.polqual, policy.polrelid), '[[:space:]]+', ' ', 'g')) AS condition,
        %(guards)s::jsonb ->> relation.name AS guard
    FROM pg_catalog.pg_policy AS policy
    JOIN (
        SELECT class.oid, nspname || '.' || relname AS name
        FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
        WHERE nspname = ANY (%(data_schemas)s::text[])
    ) AS relation ON relation.oid = policy.polrelid
    WHERE (
        0 = ANY (policy.polroles)
        OR EXISTS (SELECT FROM unnest(policy.polroles) AS role WHERE role <> 0 AND pg_has_role(role, 'MEMBER'))
    )
)
SELECT applying.name || ' policy ' || applying.polname AS subject, attribute.problem
FROM applying
CROSS JOIN LATERAL (
    VALUES
        (polcmd <> 'r', 'is for more than SELECT'),
        (NOT polpermissive, 'is restrictive and not of this release'),
        (cardinality(polroles) <> 1 OR 0 = ANY (polroles), 'is for others beside the login'),
        (
            (condition IN (guard, '(' || guard || ')')) IS NOT TRUE,
            'does not hold rows to the signed context as this release does'
        )
) AS attribute (wrong, problem)
WHERE attribute.wrong
UNION ALL
SELECT guarded.name, format('has %%s policies for the login instead of one', count(applying.name))
FROM jsonb_object_keys(%(guards)s::jsonb) AS guarded (name)
LEFT JOIN applying ON applying.name = guarded.name
GROUP BY guarded.name
HAVING count(applying.name) <> 1;

-- name: indexes
-- What an index finds is found before any policy, and time and errors tell of it. So the tenant is in each index of a
-- tenant's table; and customers are found by number only (migrations 0006 and 0018).
SELECT
    namespace.nspname || '.' || relation.relname || ' index ' || index_relation.relname AS subject,
    'finds rows of all stores' AS problem
FROM pg_catalog.pg_index AS index
JOIN pg_catalog.pg_class AS index_relation ON index_relation.oid = index.indexrelid
JOIN pg_catalog.pg_class AS relation ON relation.oid = index.indrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS tenant
    ON tenant.attrelid = relation.oid
    AND tenant.attname = %(tenants)s::jsonb ->> (namespace.nspname || '.' || relation.relname)
WHERE namespace.nspname = ANY (%(data_schemas)s::text[])
    AND CASE
        WHEN namespace.nspname || '.' || relation.relname = 'retail.customers'
        -- beside their numbers, what is unique: expressions, no column
        THEN NOT index.indisprimary AND NOT (index.indisexclusion AND 0 = ALL (index.indkey::smallint[]))
            AND NOT (index.indnkeyatts = 1 AND pg_get_expr(index.indexprs, index.indrelid) = '(primary_store_id)::text')
        ELSE NOT tenant.attnum = ANY ((index.indkey::smallint[])[0:index.indnkeyatts - 1])
    END;

-- name: tasks
-- ops.tasks holds what callers asked and got, and zava_jobs, a login of the server's own, reads it for each of them.
-- %(task_guard)s: the condition of its policy, as pg_get_expr prints it.
WITH task AS (
    SELECT relation.oid, relowner, relacl, relrowsecurity, relforcerowsecurity
    FROM pg_catalog.pg_class AS relation
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE namespace.nspname = 'ops' AND relation.relname = 'tasks' AND relation.relkind = 'r'
),
jobs AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = 'zava_jobs'),
policy AS (
    SELECT
        polname, polpermissive, polroles = ARRAY[jobs.oid] AS for_jobs, polroles = ARRAY[task.relowner] AS for_owner,
        polcmd = '*' AND polwithcheck IS NULL
            AND btrim(regexp_replace(pg_get_expr(polqual, polrelid), '[[:space:]]+', ' ', 'g'))
                = %(task_guard)s::text AS guarded
    FROM pg_catalog.pg_policy JOIN task ON task.oid = polrelid CROSS JOIN jobs
)
SELECT 'ops.tasks' AS subject, 'is missing' AS problem WHERE NOT EXISTS (SELECT FROM task)
UNION ALL
SELECT 'ops.tasks', 'does not have row-level security enabled and forced' FROM task
WHERE NOT (relrowsecurity AND relforcerowsecurity)
UNION ALL
SELECT 'ops.tasks policy ' || polname, 'does not hold tasks to their principals as this release does'
FROM policy
WHERE NOT polpermissive OR NOT for_owner AND (NOT for_jobs OR guarded IS NOT TRUE)
UNION ALL
SELECT 'ops.tasks', 'may be read or changed by ' || coalesce(nullif(acl.grantee, 0)::regrole::text, 'everybody')
FROM task
CROSS JOIN LATERAL (
    SELECT relacl AS acls
    UNION ALL
    SELECT attacl FROM pg_catalog.pg_attribute WHERE attrelid = task.oid
) AS granted
CROSS JOIN LATERAL aclexplode(granted.acls) AS acl
WHERE acl.grantee NOT IN (SELECT oid FROM jobs UNION ALL SELECT relowner FROM task)
UNION ALL
SELECT 'ops.tasks', 'may be emptied by zava_jobs' FROM task
WHERE has_table_privilege('zava_jobs', task.oid, 'DELETE, TRUNCATE')
UNION ALL
SELECT rolname, 'is a superuser, bypasses row-level security, replicates or makes roles' FROM jobs
WHERE rolsuper OR rolbypassrls OR rolreplication OR rolcreaterole
UNION ALL
SELECT pg_get_userbyid(membership.roleid)::text, 'is granted to zava_jobs'
FROM pg_catalog.pg_auth_members AS membership JOIN jobs ON jobs.oid = membership.member;

-- name: keys
-- Who reads or brings a signing key signs for anybody. %(key_functions)s: names of what zava_keys may call.
WITH custodian AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = 'zava_keys')
SELECT 'access.' || relation.relname AS subject,
    'is open to ' || coalesce(nullif(acl.grantee, 0)::regrole::text, 'everybody') AS problem
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
CROSS JOIN LATERAL (
    SELECT relation.relacl AS acls
    UNION ALL
    SELECT attacl FROM pg_catalog.pg_attribute WHERE attrelid = relation.oid
) AS granted
CROSS JOIN LATERAL aclexplode(granted.acls) AS acl
WHERE namespace.nspname = 'access' AND relation.relname IN ('signing_keys', 'key_lease')
    AND acl.grantee <> relation.relowner
UNION ALL
SELECT 'access.' || function.proname,
    'may be called by ' || coalesce(nullif(acl.grantee, 0)::regrole::text, 'everybody')
FROM pg_catalog.pg_proc AS function
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = function.pronamespace
CROSS JOIN LATERAL aclexplode(coalesce(function.proacl, acldefault('f', function.proowner))) AS acl
WHERE namespace.nspname = 'access' AND function.proname = ANY (%(key_functions)s::text[])
    AND acl.grantee NOT IN (SELECT oid FROM custodian UNION ALL SELECT function.proowner)
UNION ALL
SELECT rolname, 'is a superuser, bypasses row-level security, replicates or makes roles' FROM custodian
WHERE rolsuper OR rolbypassrls OR rolreplication OR rolcreaterole
UNION ALL
SELECT pg_get_userbyid(membership.roleid)::text, 'is granted to zava_keys'
FROM pg_catalog.pg_auth_members AS membership JOIN custodian ON custodian.oid = membership.member
UNION ALL
-- Who made the role may be a member, as an administrator of a managed server is.
SELECT 'zava_keys', 'is granted to ' || member.rolname
FROM pg_catalog.pg_auth_members AS membership
JOIN custodian ON custodian.oid = membership.roleid
JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member AND member.rolname ~ '^zava_';

-- name: audit
-- What has been recorded is changed by nobody but the owner, who deletes by a function that nobody else may call.
WITH trail AS (
    SELECT relation.oid, 'ops.' || relation.relname AS name, relowner, relacl
    FROM pg_catalog.pg_class AS relation
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE namespace.nspname = 'ops' AND relation.relname IN ('audit', 'audit_chain') AND relation.relkind = 'r'
),
granted AS (
    SELECT name, relowner AS owner, acl.grantee, acl.privilege_type
    FROM trail
    CROSS JOIN LATERAL (
        SELECT relacl AS acls
        UNION ALL
        SELECT attacl FROM pg_catalog.pg_attribute WHERE attrelid = trail.oid
    ) AS said
    CROSS JOIN LATERAL aclexplode(said.acls) AS acl
    UNION ALL
    SELECT format('ops.%%s', proname), proowner, acl.grantee, acl.privilege_type
    FROM pg_catalog.pg_proc AS function
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = function.pronamespace
    CROSS JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
    WHERE namespace.nspname = 'ops' AND proname IN ('append_audit', 'forget_audit')
)
SELECT name AS subject, 'is missing' AS problem FROM unnest(ARRAY['ops.audit', 'ops.audit_chain']) AS name
WHERE name NOT IN (SELECT trail.name FROM trail)
UNION ALL
SELECT DISTINCT
    name, format('gives %%s to %%s', privilege_type, coalesce(nullif(grantee, 0)::regrole::text, 'everybody'))
FROM granted
WHERE grantee <> owner
    AND (name, privilege_type, coalesce(nullif(grantee, 0)::regrole::text, '')) NOT IN (
        ('ops.audit', 'SELECT', 'zava_backup'), ('ops.audit_chain', 'SELECT', 'zava_backup'),
        ('ops.append_audit', 'EXECUTE', 'zava_jobs')
    );

-- name: privileges
-- The login selects from what callers read and does nothing else anywhere.
SELECT namespace.nspname || '.' || relation.relname AS subject, attribute.problem
FROM pg_catalog.pg_class AS relation
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
CROSS JOIN LATERAL (
    VALUES
        (
            relkind IN ('r', 'p', 'v', 'm', 'f') AND (
                has_table_privilege(relation.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN')
                OR has_any_column_privilege(relation.oid, 'INSERT, UPDATE, REFERENCES')
            ),
            'may be changed by the login'
        ),
        (
            relkind IN ('r', 'p', 'v', 'm', 'f') AND namespace.nspname <> ALL (%(data_schemas)s::text[])
                AND has_any_column_privilege(relation.oid, 'SELECT'),
            'may be read by the login'
        ),
        (
            -- CASE, for has_sequence_privilege fails on what is no sequence.
            CASE WHEN relkind = 'S' THEN has_sequence_privilege(relation.oid, 'USAGE, SELECT, UPDATE') END,
            'is a sequence that the login may use'
        )
) AS attribute (wrong, problem)
WHERE namespace.nspname !~ '^pg_' AND namespace.nspname <> 'information_schema' AND attribute.wrong
    AND (namespace.nspname = ANY (%(schemas)s::text[]) OR has_schema_privilege(namespace.oid, 'USAGE'))
UNION ALL
SELECT 'schema ' || nspname, 'lets the login create objects'
FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_(toast_)?temp_' AND has_schema_privilege(oid, 'CREATE')
UNION ALL
SELECT 'database ' || current_database(), 'gives the login ' || privilege
FROM unnest(ARRAY['CREATE', 'TEMPORARY']) AS privilege
WHERE has_database_privilege(current_database(), privilege);

-- name: system_privileges
-- What PostgreSQL itself keeps from everybody: files, other roles' passwords, statistics of all tenants, parameters.
SELECT objoid::regclass::text AS subject, 'may be read by the login' AS problem
FROM pg_catalog.pg_init_privs AS initial
WHERE classoid = 'pg_catalog.pg_class'::regclass AND objsubid = 0
    AND NOT EXISTS (SELECT FROM aclexplode(initprivs) WHERE grantee = 0)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_init_privs AS columns
        WHERE columns.classoid = initial.classoid AND columns.objoid = initial.objoid AND columns.objsubid <> 0
    )
    AND has_any_column_privilege(objoid, 'SELECT')
UNION ALL
SELECT objoid::regprocedure::text, 'may be called by the login'
FROM pg_catalog.pg_init_privs
WHERE classoid = 'pg_catalog.pg_proc'::regclass AND NOT EXISTS (SELECT FROM aclexplode(initprivs) WHERE grantee = 0)
    AND has_function_privilege(objoid, 'EXECUTE')
UNION ALL
SELECT 'parameter ' || parname, 'may be set by the login'
FROM pg_catalog.pg_parameter_acl
CROSS JOIN LATERAL aclexplode(paracl) AS acl
WHERE (
    acl.grantee = 0 OR pg_get_userbyid(acl.grantee) IN (session_user, current_user)
);

-- name: functions
-- Beside what they are defined as. %(callable)s: signatures that sql/privileges.sql grants.
WITH known AS (
    SELECT
        namespace.nspname = ANY (%(schemas)s::text[]) AS ours,
        format('%%s.%%s(%%s)', namespace.nspname, function.proname, oidvectortypes(function.proargtypes)) AS signature,
        coalesce(function.proconfig, '{}') = ARRAY['search_path=pg_catalog, pg_temp'] AS pinned,
        function.prosecdef AS definer,
        function.proleakproof AS leakproof,
        has_function_privilege(function.oid, 'EXECUTE') AS executable,
        has_schema_privilege(namespace.oid, 'USAGE') AS reachable,
        EXISTS (
            SELECT FROM pg_catalog.pg_depend
            WHERE classid = 'pg_catalog.pg_proc'::regclass AND objid = function.oid AND deptype = 'e'
        ) AS extension
    FROM pg_catalog.pg_proc AS function
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = function.pronamespace
    WHERE namespace.nspname NOT IN ('pg_catalog', 'information_schema')
)
SELECT known.signature AS subject, attribute.problem
FROM known
CROSS JOIN LATERAL (
    VALUES
        (definer AND NOT ours AND NOT pinned, 'does not pin its search_path to pg_catalog, pg_temp'),
        (leakproof, 'is marked leakproof, so that it runs on rows before their policy'),
        (
            executable AND signature <> ALL (%(callable)s::text[])
                AND (ours OR definer OR (reachable AND NOT extension)),
            'may be called by the login'
        )
) AS attribute (wrong, problem)
WHERE attribute.wrong;

-- name: triggers
-- What changes rows, or leaves them unchanged, beside the triggers of sql/functions: rules, event triggers, and foreign
-- keys that are switched off.
WITH relation AS (
    SELECT class.oid, namespace.nspname || '.' || class.relname AS name, class.relkind
    FROM pg_catalog.pg_class AS class
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE namespace.nspname = ANY (%(schemas)s::text[]) AND class.relkind IN ('r', 'p')
)
SELECT relation.name || ' rule ' || rewrite.rulename AS subject, 'is not of this release' AS problem
FROM relation JOIN pg_catalog.pg_rewrite AS rewrite ON rewrite.ev_class = relation.oid
UNION ALL
SELECT relation.name || ' foreign key ' || foreign_key.conname, 'is switched off'
FROM relation
JOIN pg_catalog.pg_trigger AS trigger ON trigger.tgrelid = relation.oid AND trigger.tgenabled <> 'O'
JOIN pg_catalog.pg_constraint AS foreign_key ON foreign_key.oid = trigger.tgconstraint AND foreign_key.contype = 'f'
UNION ALL
SELECT 'event trigger ' || event_trigger.evtname, 'is not of this release'
FROM pg_catalog.pg_event_trigger AS event_trigger
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend
    WHERE classid = 'pg_catalog.pg_event_trigger'::regclass AND objid = event_trigger.oid AND deptype = 'e'
);

-- name: definitions
-- Kind, name and definition of each function and trigger of our schemas, for shared/isolation/definitions.py. PostgreSQL prints no
-- definition of an aggregate, and leaves out of a trigger's when it fires.
SELECT
    'functions' AS kind, namespace.nspname || '.' || function.proname AS name,
    CASE WHEN function.prokind <> 'a' THEN pg_get_functiondef(function.oid) END AS definition
FROM pg_catalog.pg_proc AS function
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = function.pronamespace
WHERE namespace.nspname = ANY (%(schemas)s::text[])
UNION ALL
SELECT
    'triggers', format('%%s.%%s trigger %%s', namespace.nspname, class.relname, trigger.tgname),
    format(
        '%%s; ALTER TABLE %%I.%%I %%s TRIGGER %%I', pg_get_triggerdef(trigger.oid), namespace.nspname, class.relname,
        CASE trigger.tgenabled
            WHEN 'A' THEN 'ENABLE ALWAYS' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'O' THEN 'ENABLE' ELSE 'DISABLE'
        END,
        trigger.tgname
    )
FROM pg_catalog.pg_trigger AS trigger
JOIN pg_catalog.pg_class AS class ON class.oid = trigger.tgrelid
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE namespace.nspname = ANY (%(schemas)s::text[]) AND NOT trigger.tgisinternal;

-- name: settings
-- %(settings)s: name → value of zava_app in sql/roles.sql. What counts is what the session has, whoever set it.
SELECT name AS subject, format('is %%L instead of %%L', current_setting(name, true), value) AS problem
FROM jsonb_each_text(%(settings)s::jsonb) AS expected (name, value)
WHERE current_setting(name, true) IS DISTINCT FROM value
UNION ALL
SELECT split_part(setting, '=', 1), 'is set on the login, and sql/roles.sql does not say so'
FROM pg_catalog.pg_db_role_setting
CROSS JOIN LATERAL unnest(setconfig) AS setting
WHERE setrole <> 0 AND pg_get_userbyid(setrole) IN (session_user, current_user)
    AND NOT EXISTS (
        SELECT FROM jsonb_object_keys(%(settings)s::jsonb) AS name
        WHERE lower(name) = lower(split_part(setting, '=', 1))
    );

-- name: rows_of_table
-- Its name where the current context sees a row. One SELECT a table. {sample}: of customers the first ones will do, for
-- whoever sees none of them is answered by reading all.
SELECT {name} AS table_name WHERE EXISTS (SELECT FROM {table} {sample})
