"""A second domain, to copy from: Zava's clinics for animals, one beside each shop. docs/bring-your-own-schema.md."""

from pathlib import Path

from shared.domain import CATALOGUE, Domain, tenant_rows

DOMAIN = Domain(
    schema="care",
    tables={
        "clinics": CATALOGUE,
        "species": CATALOGUE,
        "services": CATALOGUE,
        "owners": tenant_rows("clinic_id"),
        "animals": tenant_rows("clinic_id"),
        "appointments": tenant_rows("clinic_id"),
        "invoices": tenant_rows("clinic_id"),
        "treatments": tenant_rows("clinic_id"),
    },
    sql=Path(__file__).parent,
    offers="examples.animal_clinics.offers",
    sample="examples.animal_clinics.sample_data",
)
