"""What the tables look like."""

from typing import Annotated, Any, Literal

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.identity import current_caller
from shared.invocation import Invocations
from shared.queries import named_queries
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


def schema_tools(invocations: Invocations) -> list[Tool]:
    """The tools of this subject."""

    async def get_multiple_table_schemas(
        table_names: Annotated[
            list[TableName],
            Field(description="Tables to describe, each as retail.<table>", min_length=1, max_length=MAX_TABLES),
        ],
    ) -> Annotated[CallToolResult, TableSchemas]:
        """Describe tables: columns with types and meaning, keys, join conditions, and the values of short lists.

        Call this before writing a query, with all tables that you may need. Reply values such as store and category
        names are the ones that you may see.
        """
        statement = named_queries("schemas")["table_schemas"]
        names = list(dict.fromkeys(name.removeprefix("retail.") for name in table_names))
        caller = current_caller.get()
        parameters = {"names": names, "with_rows": "sales.read" in caller.scopes}
        answer = await invocations.read(caller, statement, parameters, max_rows=MAX_TABLES)
        schemas = TableSchemas.model_validate({"tables": answer.records()})
        return result("\n\n".join(_as_text(table) for table in schemas.tables), schemas)

    return [read_tool(get_multiple_table_schemas, "Describe tables", "catalog.read")]


def _as_text(table: TableSchema) -> str:
    lines = [f"{table.table_name}: {table.description}", f"  primary key: {', '.join(table.primary_key)}"]
    for column in table.columns:
        values = f" {column.values}" if column.values else ""
        lines.append(f"  {column.name} {column.type}: {column.description or ''}{values}")
    return "\n".join([*lines, *(f"  join: {condition}" for condition in table.joins)])
