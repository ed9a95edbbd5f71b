"""The tables: all of them on a page, and one with its columns."""

from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from shared.identity.caller import current_caller
from shared.invocation import Door
from shared.resources.definition import ResourceDefinition
from shared.tools.schemas import TABLE_NAMES, read_schemas, schema_text

SCHEMA = "zava://schema"
TABLE = "zava://schema/{table}"


def schema_resources(door: Door) -> list[ResourceDefinition]:
    """The resources of this subject."""

    async def schema() -> str:
        """All tables of the schema retail: what each is for, its key, and how it joins the others."""
        tables = (await read_schemas(door, current_caller.get(), TABLE_NAMES)).tables
        keys = [f"{table.table_name} ({', '.join(table.primary_key)}): {table.description}" for table in tables]
        joins = sorted({join for table in tables for join in table.joins})
        return "\n".join(["Tables (primary key):", *keys, "", "Joins:", *joins, ""])

    async def table_schema(table: str) -> str:
        """One table, for example zava://schema/retail.orders: columns with types and meaning, keys, joins, values."""
        names = [name for name in TABLE_NAMES if name == table]
        if not names:
            raise ResourceNotFoundError(f"Unknown table; {SCHEMA} lists those that there are")
        (found,) = (await read_schemas(door, current_caller.get(), names)).tables
        return schema_text(found)

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
