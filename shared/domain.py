"""What is served: a schema of PostgreSQL whose rows belong to tenants, and the files and tools that go with it.

The engine is everything else: who a caller is, what it sees, the door, the guard, the proof. It knows a domain by its
Domain alone. A tenant is a row of retail.stores, whatever the domain calls it (docs/bring-your-own-schema.md).
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from shared.errors import SettingsError

STORE_IDS = "( SELECT (access.verified_caller()).store_ids AS store_ids)"
ONLY_STORE = "( SELECT access.only_store() AS only_store)"
STORE_MASK = "( SELECT (access.verified_caller()).store_mask AS store_mask)"


@dataclass(frozen=True)
class Table:
    """A table that callers read."""

    condition: str
    """Of its policy for zava_app, as PostgreSQL prints it but for the white space."""
    tenant: str | None = None
    """The column with the tenant's number, which each index has; None where rows are no tenant's."""


def tenant_rows(column: str) -> Table:
    """Rows of the caller's tenants. Why in several forms: sql/functions/policy_form.sql."""
    listed, masked = f"{column} = ANY ({STORE_IDS}::integer[])", f"({STORE_MASK})[{column}]"
    return Table(
        f"CASE access.policy_form() WHEN 'list'::text THEN ({listed}) WHEN 'store'::text"
        f" THEN ({column} = {ONLY_STORE}) WHEN 'mask'::text THEN {masked}"
        f" ELSE ({masked} AND ({listed})) END",
        tenant=column,
    )


CATALOGUE = Table(f"{STORE_MASK} IS NOT NULL")
"""Rows that every caller with a tenant sees, and nobody else."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Domain:
    """One schema, with all that the engine asks of it."""

    schema: str
    tables: Mapping[str, Table]
    """Every table of the schema, by its name in it."""
    sql: Path | None
    """A folder with migrations/, policies/, privileges.sql, …; None for retail, whose files lie in sql/ itself."""
    offers: str
    """The module whose offers() gives tools, prompts and resources (shared/offering.py)."""
    sample: str | None = None
    """The module whose load() fills the schema on a laptop."""

    @property
    def schemas(self) -> list[str]:
        """Of ours, all that a database has."""
        return list(dict.fromkeys(("retail", "access", "ops", self.schema)))

    @property
    def table_names(self) -> tuple[str, ...]:
        """With the schema."""
        return tuple(f"{self.schema}.{name}" for name in self.tables)

    def files(self, pattern: str) -> list[Path]:
        """Those of its own folder, in the order of their names."""
        return sorted(self.sql.glob(pattern)) if self.sql else []


def domain_named(module: str) -> Domain:
    """The DOMAIN of a module, such as shared.retail. Raises SettingsError where there is none."""
    domain = None
    if all(part.isidentifier() for part in module.split(".")):
        with suppress(ImportError):
            domain = getattr(import_module(module), "DOMAIN", None)
    if not isinstance(domain, Domain):
        raise SettingsError("settings: SERVED_DOMAIN names no module that has a DOMAIN")
    return domain
