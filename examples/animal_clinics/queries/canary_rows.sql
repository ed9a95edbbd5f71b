-- Canaries of this schema, for prove-isolation: behind those of the engine, in the same transaction, which is rolled back.
-- Each statement plants a row for each of the stores %(store)s and %(store)s + 1.

-- name: plant_clinics
INSERT INTO care.clinics (clinic_id, clinic_name)
SELECT %(store)s + canary, %(mark)s || canary FROM generate_series(0, 1) AS canary;

-- name: plant_species
INSERT INTO care.species (species_id, species_name) VALUES (-1, %(mark)s);

-- name: plant_services
INSERT INTO care.services (service_id, service_name, price) VALUES (-1, %(mark)s, 1);

-- name: plant_owners
INSERT INTO care.owners (clinic_id, owner_id, first_name, last_name, email)
SELECT %(store)s + canary, -1, %(mark)s, %(mark)s, %(mark)s FROM generate_series(0, 1) AS canary;

-- name: plant_animals
INSERT INTO care.animals (clinic_id, animal_id, owner_id, species_id, animal_name, born_on)
SELECT %(store)s + canary, -1, -1, -1, %(mark)s, DATE '2026-01-01' FROM generate_series(0, 1) AS canary;

-- name: plant_appointments
INSERT INTO care.appointments (clinic_id, appointment_id, animal_id, service_id, day)
SELECT %(store)s + canary, -1, -1, -1, DATE '2026-01-01' FROM generate_series(0, 1) AS canary;

-- name: plant_invoices
INSERT INTO care.invoices (clinic_id, invoice_id, owner_id, issued_on)
SELECT %(store)s + canary, -1, -1, DATE '2026-01-01' FROM generate_series(0, 1) AS canary;

-- name: plant_treatments
INSERT INTO care.treatments (clinic_id, treatment_id, invoice_id, appointment_id, service_id, amount)
SELECT %(store)s + canary, -1, -1, -1, -1, 1 FROM generate_series(0, 1) AS canary;

-- name: seen
-- One row a tenants' table: all that the current role and context see, and how much of it is canaries'.
SELECT 'care.owners' AS table_name, count(*) AS visible, count(*) FILTER (WHERE owner_id = -1) AS canaries
FROM care.owners
UNION ALL
SELECT 'care.animals', count(*), count(*) FILTER (WHERE animal_id = -1) FROM care.animals
UNION ALL
SELECT 'care.appointments', count(*), count(*) FILTER (WHERE appointment_id = -1) FROM care.appointments
UNION ALL
SELECT 'care.invoices', count(*), count(*) FILTER (WHERE invoice_id = -1) FROM care.invoices
UNION ALL
SELECT 'care.treatments', count(*), count(*) FILTER (WHERE treatment_id = -1) FROM care.treatments;
