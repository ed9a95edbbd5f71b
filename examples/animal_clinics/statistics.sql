-- Columns of tenants' tables are not sampled: the planner's costs would tell of other clinics (sql/statistics.sql). What
-- it is to expect instead: of a clinic's number, one clinic's share of the rows.
DO $$
DECLARE
    clinics bigint := greatest(8, (SELECT count(*) FROM care.clinics));
    sampled record;
BEGIN
    FOR sampled IN
        SELECT relation.relname::text, attribute.attname::text
        FROM pg_catalog.pg_class AS relation
        JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relation.oid
        WHERE relation.relnamespace = 'care'::regnamespace AND relation.relkind = 'r' AND attribute.attnum > 0
            AND NOT attribute.attisdropped AND relation.relname NOT IN ('clinics', 'species', 'services')
    LOOP
        EXECUTE format('ALTER TABLE care.%I ALTER COLUMN %I SET STATISTICS 0', sampled.relname, sampled.attname);
        PERFORM pg_clear_attribute_stats('care', sampled.relname, sampled.attname, false);
        IF sampled.attname = 'clinic_id' THEN
            PERFORM pg_restore_attribute_stats(
                'schemaname', 'care', 'relname', sampled.relname, 'attname', sampled.attname, 'inherited', false,
                'null_frac', 0::real, 'avg_width', 4, 'n_distinct', (5 * clinics)::real
            );
        END IF;
    END LOOP;
END
$$;
