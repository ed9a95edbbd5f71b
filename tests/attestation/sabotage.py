"""A way to break isolation, and back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shared.database.connection import Connection
from shared.database.schema import SQL_FOLDER, deploy_schema
from shared.isolation.attestation import Attestation, attest
from tests.conftest import KEY, Database


@dataclass(frozen=True)
class Sabotage:
    """What an administrator may do by mistake or an intruder on purpose.

    found: the checks that fail, and no others. undo: what a deploy does not put back.
    """

    statement: str
    found: str
    undo: str = ""


async def attested(database: Database) -> Attestation:
    async with await Connection.connect(database.app_url, autocommit=True) as connection:
        return await attest(connection, [KEY])


@contextmanager
def sabotaged(database: Database, sabotage: Sabotage) -> Iterator[None]:
    """The database as the sabotage leaves it; behind it, a deploy and what a deploy does not put back."""
    with database.as_superuser() as superuser:
        try:
            superuser.execute(sabotage.statement.replace("{database}", database.name))
            yield
        finally:
            if sabotage.undo:
                superuser.execute(sabotage.undo.replace("{database}", database.name))
            deploy_schema(superuser)


LEAK = Sabotage("CREATE POLICY everything ON retail.orders FOR SELECT TO zava_app USING (true)", "policies canaries")
_VERIFIED_CALLER = (SQL_FOLDER / "functions" / "verified_caller.sql").read_text(encoding="utf-8")
SCOPE_IGNORED = Sabotage(_VERIFIED_CALLER.replace("part[3] <> '*'", "false"), "functions")
