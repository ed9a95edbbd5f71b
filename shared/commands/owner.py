"""The URL of a login that may act as the owner of all tables, which commands have and the server has not."""

from collections.abc import Mapping

from shared.errors import SettingsError
from shared.settings import database_url_in

VARIABLE = "OWNER_DATABASE_URL"


def owner_url_in(environ: Mapping[str, str]) -> str:
    """Raises SettingsError where there is none, or one that does not say which server it trusts."""
    if not environ.get(VARIABLE):
        raise SettingsError(f"{VARIABLE} is missing: the URL of a login that may SET ROLE to zava_owner")
    return database_url_in(environ, VARIABLE)
