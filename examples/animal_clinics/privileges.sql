-- Every grant on this schema, behind those of the engine: first nothing for anybody, then column by column.
REVOKE ALL ON SCHEMA care FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
REVOKE ALL ON ALL TABLES IN SCHEMA care FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA care FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA care FROM PUBLIC, zava_app, zava_jobs, zava_backup, zava_keys;

GRANT USAGE ON SCHEMA care TO zava_app;
GRANT SELECT (clinic_id, clinic_name) ON care.clinics TO zava_app;
GRANT SELECT (species_id, species_name) ON care.species TO zava_app;
GRANT SELECT (service_id, service_name, price, repeated_after_days) ON care.services TO zava_app;
GRANT SELECT (clinic_id, owner_id, first_name, last_name, email, phone) ON care.owners TO zava_app;
GRANT SELECT (clinic_id, animal_id, owner_id, species_id, animal_name, born_on) ON care.animals TO zava_app;
GRANT SELECT (clinic_id, appointment_id, animal_id, service_id, day, kept) ON care.appointments TO zava_app;
GRANT SELECT (clinic_id, invoice_id, owner_id, issued_on, paid_on) ON care.invoices TO zava_app;
GRANT SELECT (clinic_id, treatment_id, invoice_id, appointment_id, service_id, quantity, amount)
    ON care.treatments TO zava_app;
