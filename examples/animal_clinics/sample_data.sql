-- Made-up rows, the same at every run: numbers from a hash of the row's own, nothing drawn at random. Run by a superuser.
-- Rows of all clinics come in one series, so that neighbouring numbers are of different clinics.

CREATE FUNCTION pg_temp.pick(what text, number integer, bound integer) RETURNS integer LANGUAGE sql IMMUTABLE
AS $$ SELECT (hashtextextended(what || number, 0) & 2147483647)::bigint % bound $$;

INSERT INTO care.clinics (clinic_id, clinic_name)
SELECT store_id, replace(store_name, 'Zava Retail', 'Zava Animal Clinic') FROM retail.stores;

INSERT INTO care.species (species_name) VALUES ('Dog'), ('Cat'), ('Rabbit'), ('Guinea pig'), ('Parrot'), ('Tortoise');

INSERT INTO care.services (service_name, price, repeated_after_days)
VALUES
    ('Check-up', 45, 365), ('Vaccination', 38, 365), ('Dental cleaning', 160, 365), ('Deworming', 22, 90),
    ('Neutering', 240, NULL), ('X-ray', 130, NULL), ('Blood test', 75, NULL), ('Wound care', 60, NULL);

INSERT INTO care.owners (clinic_id, owner_id, first_name, last_name, email, phone)
SELECT 1 + pick.clinic, n, first_name, last_name, lower(first_name || '.' || last_name || '.' || n || '@example.com'),
    format('(425) 555-01%s', lpad((n % 100)::text, 2, '0'))
FROM generate_series(1, 3000) AS n
CROSS JOIN LATERAL (
    SELECT pg_temp.pick('clinic', n, 8) AS clinic,
        (ARRAY['Ada', 'Ben', 'Chloe', 'Dev', 'Elena', 'Felix', 'Grace', 'Hugo', 'Ines', 'Jonas'])[1 + pg_temp.pick('first', n, 10)] AS first_name,
        (ARRAY['Abara', 'Bauer', 'Chen', 'Diaz', 'Evans', 'Fischer', 'Gupta', 'Haas', 'Ito', 'Jensen'])[1 + pg_temp.pick('last', n, 10)] AS last_name
) AS pick;

INSERT INTO care.animals (clinic_id, animal_id, owner_id, species_id, animal_name, born_on)
SELECT clinic_id, n, owner_id, 1 + pg_temp.pick('species', n, 6),
    (ARRAY['Biscuit', 'Coco', 'Dot', 'Ginger', 'Luna', 'Milo', 'Nala', 'Otto', 'Pepper', 'Ziggy'])[1 + pg_temp.pick('name', n, 10)],
    DATE '2014-01-01' + pg_temp.pick('born', n, 4000)
FROM generate_series(1, 4000) AS n
JOIN care.owners ON owner_id = 1 + pg_temp.pick('owner', n, 3000);

INSERT INTO care.appointments (clinic_id, appointment_id, animal_id, service_id, day, kept)
SELECT clinic_id, n, animal_id, 1 + pg_temp.pick('service', n, 8), DATE '2024-01-01' + n / 10, pg_temp.pick('kept', n, 12) > 0
FROM generate_series(1, 9000) AS n
JOIN care.animals ON animal_id = 1 + pg_temp.pick('animal', n, 4000);

-- One invoice and one or two treatments for each that was kept. Invoices have the appointments' numbers.
INSERT INTO care.invoices (clinic_id, invoice_id, owner_id, issued_on, paid_on)
SELECT clinic_id, appointment_id, owner_id, day,
    CASE WHEN pg_temp.pick('open', appointment_id, 15) > 0 THEN day + pg_temp.pick('paid', appointment_id, 30) END
FROM care.appointments
JOIN care.animals USING (clinic_id, animal_id)
WHERE kept;

INSERT INTO care.treatments (clinic_id, treatment_id, invoice_id, appointment_id, service_id, quantity, amount)
SELECT clinic_id, 20000 + 2 * appointment_id + line, appointment_id, appointment_id, done.service_id, 1, price
FROM care.appointments
CROSS JOIN LATERAL (
    SELECT 0 AS line, appointments.service_id AS service_id
    UNION ALL
    SELECT 1, 8 WHERE pg_temp.pick('more', appointment_id, 4) = 0
) AS done
JOIN care.services ON services.service_id = done.service_id
WHERE kept;

-- Rows that come later get numbers behind these.
SELECT setval('care.owners_owner_id_seq', 3000), setval('care.animals_animal_id_seq', 4000),
    setval('care.appointments_appointment_id_seq', 9000), setval('care.invoices_invoice_id_seq', 9000),
    setval('care.treatments_treatment_id_seq', 40000);

DROP FUNCTION pg_temp.pick(text, integer, integer);
ANALYZE care.clinics, care.species, care.services, care.owners, care.animals, care.appointments, care.invoices,
    care.treatments;
