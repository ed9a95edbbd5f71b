"""The tables: all of them on a page, and one with its columns."""

from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from shared.domain import Domain
from shared.identity.caller import current_caller
from shared.invocation import Door
from shared.resources.definition import ResourceDefinition
from shared.retail import RETAIL
from shared.tools.schemas import read_schemas, schema_text

SCHEMA = "zava://schema"
TABLE = "zava://schema/{table}"


def schema_resources(door: Door, domain: Domain = RETAIL) -> list[ResourceDefinition]:
    """The resources of this subject."""

    async def schema() -> str:
        """All tables of the schema retail: what each is for, its key, and how it joins the others."""
        tables = (await read_schemas(door, current_caller.get(), domain.table_names, domain)).tables
        keys = [f"{table.table_name} ({', '.join(table.primary_key)}): {table.description}" for table in tables]
        joins = sorted({join for table in tables for join in table.joins})
        return "\n".join(["Tables (primary key):", *keys, "", "Joins:", *joins, ""])

    async def table_schema(table: str) -> str:
        """One table, for example zava://schema/retail.orders: columns with types and meaning, keys, joins, values."""
        names = [name for name in domain.table_names if name == table]
        if not names:
            raise ResourceNotFoundError(f"Unknown table; {SCHEMA} lists those that there are")
        (found,) = (await read_schemas(door, current_caller.get(), names, domain)).tables
        return schema_text(found)

    if domain is not RETAIL:  # what clients are told is the docstring
        for function in (schema, table_schema):
            function.__doc__ = (function.__doc__ or "").replace(RETAIL.table_names[7], domain.table_names[-1])
            function.__doc__ = function.__doc__.replace(RETAIL.schema, domain.schema)
    return [
        ResourceDefinition(
            uri=SCHEMA,
            function=schema,
            title="All tables",
            scope="catalog.read",
            mime_type="text/plain",
            icon="schema",
            priority=0.9,
        ),
        ResourceDefinition(
            uri=TABLE,
            function=table_schema,
            title="One table",
            scope="catalog.read",
            mime_type="text/plain",
            icon="schema",
            priority=0.8,
        ),
    ]
