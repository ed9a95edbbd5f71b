-- name: known_values
-- Short lists, for get_multiple_table_schemas: table, column, JSON.
SELECT 'clinics' AS table_name, 'clinic_name' AS column_name, jsonb_agg(clinic_name ORDER BY clinic_id) AS list
FROM care.clinics
UNION ALL
SELECT 'species', 'species_name', jsonb_agg(species_name ORDER BY species_name) FROM care.species
UNION ALL
SELECT 'services', 'service_name', jsonb_agg(service_name ORDER BY service_name) FROM care.services
UNION ALL
SELECT 'invoices', 'issued_on', jsonb_build_array('from', min(issued_on), 'to', max(issued_on))
FROM care.invoices
HAVING %(with_rows)s;
