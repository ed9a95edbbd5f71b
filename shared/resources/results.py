"""Whole results of queries as files, for programs and for people; models read pages."""

from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from shared.errors import TooExpensive
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.resources.definition import ResourceDefinition
from shared.result_links import RESULTS, ResultLinks
from shared.tools.csv_text import CSV, as_csv

MAX_ROWS = 100_000


def result_resources(invocations: Invocations, links: ResultLinks) -> list[ResourceDefinition]:
    """The resources of this subject."""

    async def whole_result(name: str) -> str:
        """All rows of a query as CSV, read anew, up to 2 MB: execute_sales_query links to it where it cut them."""
        caller = current_caller.get()
        query = await links.query(caller, name)
        if query is None:
            raise ResourceNotFoundError("Unknown or expired result; run the query again for a new link")
        answer = await invocations.read_free(caller, query, max_rows=MAX_ROWS)
        if answer.truncated:  # a file that ends early looks whole
            raise TooExpensive(f"The result has more than {MAX_ROWS:,} rows.", "Aggregate, or narrow the query.")
        return as_csv(answer)

    return [
        ResourceDefinition(
            uri=f"{RESULTS}{{name}}",
            function=whole_result,
            title="A whole result",
            scope="sales.read",
            mime_type=CSV,
            icon="sales",
            priority=0.3,
        )
    ]
