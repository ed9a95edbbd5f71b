"""What the tables look like."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAliasType, get_args

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.database.queries import QUERIES_FOLDER, named_queries
from shared.domain import Domain
from shared.identity.caller import Caller, current_caller
from shared.invocation import Door
from shared.retail import RETAIL
from shared.tools.definition import read_tool, result

MAX_TABLES = 20

type TableName = Literal[
    "retail.stores",
    "retail.customers",
    "retail.categories",
    "retail.product_types",
    "retail.products",
    "retail.product_description_embeddings",
    "retail.inventory",
    "retail.orders",
    "retail.order_items",
]

TABLE_NAMES: tuple[TableName, ...] = get_args(TableName.__value__)


class TableColumn(BaseModel):
    """A column of a table."""

    name: str
    type: str
    nullable: bool
    description: str | None = None
    values: list[Any] | None = Field(
        default=None, description="All values of a short enumeration, or from and to of a range, as you may see them"
    )


class TableSchema(BaseModel):
    """A table."""

    table_name: str
    description: str
    columns: list[TableColumn]
    primary_key: list[str]
    joins: list[str] = Field(description="Conditions to join this table with others")


class TableSchemas(BaseModel):
    """The tables asked for, in the order asked."""

    tables: list[TableSchema]


def schema_tools(door: Door, domain: Domain = RETAIL) -> list[Tool]:
    """The tools of this subject."""
    a_table: Any = TypeAliasType("TableName", Literal.__getitem__(domain.table_names))  # of whatever is served

    async def get_multiple_table_schemas(
        table_names: Annotated[
            list[a_table],
            Field(
                description=f"Tables to describe, each as {domain.schema}.<table>", min_length=1, max_length=MAX_TABLES
            ),
        ],
    ) -> Annotated[CallToolResult, TableSchemas]:
        """Describe tables: columns with types and meaning, keys, join conditions, and the values of short lists.

        Call this before writing a query, with all tables that you may need. Reply values such as store and category
        names are the ones that you may see.
        """
        schemas = await read_schemas(door, current_caller.get(), table_names, domain)
        return result("\n\n".join(map(schema_text, schemas.tables)), schemas)

    return [read_tool(get_multiple_table_schemas, "Describe tables", "catalog.read", icon="schema")]


async def read_schemas(door: Door, caller: Caller, table_names: Sequence[str], domain: Domain = RETAIL) -> TableSchemas:
    """The tables as this caller may see them; values from tenants' rows for tokens that may read sales."""
    names = list(dict.fromkeys(name.removeprefix(f"{domain.schema}.") for name in table_names))
    parameters = {"schema": domain.schema, "names": names, "with_rows": "sales.read" in caller.scopes}
    known_values = named_queries("schemas", domain.sql / "queries" if domain.sql else QUERIES_FOLDER)["known_values"]
    text = named_queries("schemas")["table_schemas"].replace("{known_values}", known_values)
    answer = await door.read(caller, text, parameters, max_rows=MAX_TABLES)
    return TableSchemas.model_validate({"tables": answer.records()})


def schema_text(table: TableSchema) -> str:
    """One table for a model to read."""
    lines = [f"{table.table_name}: {table.description}", f"  primary key: {', '.join(table.primary_key)}"]
    for column in table.columns:
        values = f" {column.values}" if column.values else ""
        lines.append(f"  {column.name} {column.type}: {column.description or ''}{values}")
    return "\n".join([*lines, *(f"  join: {condition}" for condition in table.joins)])
