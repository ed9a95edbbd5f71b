-- name: due
-- Animals whose repeated service is due by %(day)s, longest ago first.
SELECT
    clinic_name AS clinic, animal_name AS animal, species_name AS species,
    first_name || ' ' || last_name AS owner, phone, service_name AS service, last_day,
    last_day + repeated_after_days AS due_on
FROM (
    SELECT treatments.clinic_id, appointments.animal_id, treatments.service_id, max(appointments.day) AS last_day
    FROM care.treatments
    JOIN care.appointments USING (clinic_id, appointment_id)
    GROUP BY treatments.clinic_id, appointments.animal_id, treatments.service_id
) AS done
JOIN care.services USING (service_id)
JOIN care.animals USING (clinic_id, animal_id)
JOIN care.owners USING (clinic_id, owner_id)
JOIN care.species USING (species_id)
JOIN care.clinics USING (clinic_id)
WHERE last_day + repeated_after_days <= %(day)s
ORDER BY due_on, clinic_id, animal_id, service_id;
