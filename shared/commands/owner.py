"""The URL of a login that may act as the owner of all tables, which commands have and the server has not."""

from collections.abc import Mapping

from shared.commands.sentences import awaited
from shared.database.pool import database_password
from shared.errors import SettingsError
from shared.settings import database_url_in

VARIABLE = "OWNER_DATABASE_URL"


def owner_login_in(environ: Mapping[str, str]) -> tuple[str, str | None]:
    """The URL and, where it has no password, a token of Entra as one.

    Raises SettingsError where there is no URL, or one that does not say which server it trusts.
    """
    if not environ.get(VARIABLE):
        raise SettingsError(f"{VARIABLE} is missing: the URL of a login that may SET ROLE to zava_owner")
    url = database_url_in(environ, VARIABLE)
    return url, awaited(database_password(url, environ.get("AZURE_CLIENT_ID")))
