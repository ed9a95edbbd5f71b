"""Which schema is served is said by the name of a module."""

import pytest

from examples import animal_clinics
from shared.domain import domain_named
from shared.errors import SettingsError
from shared.retail import RETAIL
from shared.settings import served_domain_in


def test_the_shops_are_served_where_nobody_says_something_else() -> None:
    assert domain_named(served_domain_in({})) is RETAIL
    assert domain_named(served_domain_in({"SERVED_DOMAIN": " "})) is RETAIL
    assert domain_named(served_domain_in({"SERVED_DOMAIN": "examples.animal_clinics"})) is animal_clinics.DOMAIN


@pytest.mark.parametrize("name", ["nothing.there", "os", "examples", ".", "shared/retail", "", "shared.domain"])
def test_what_names_no_domain_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match="SERVED_DOMAIN"):
        domain_named(name)


def test_a_domain_with_a_folder_has_every_file_that_a_deploy_and_the_proof_look_for() -> None:
    domain = animal_clinics.DOMAIN
    assert domain.sql
    assert {path.stem for path in domain.files("policies/*.sql")} == set(domain.tables)
    assert all(domain.files(name) for name in ("migrations/*.sql", "privileges.sql", "statistics.sql"))
    assert {path.stem for path in domain.files("queries/*.sql")} >= {"canary_rows", "schemas"}
    assert domain.schemas == ["retail", "access", "ops", "care"]
