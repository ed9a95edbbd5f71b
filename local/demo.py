"""A minute in the terminal: three callers ask one question, and one of them tries to see more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from rich.console import Console
from rich.table import Table

CALLERS = ("kirkland", "west-region", "head-office")
QUESTION = """\
SELECT s.store_name, count(DISTINCT o.order_id) AS orders, sum(i.total_amount) AS revenue
FROM retail.orders o
JOIN retail.order_items i USING (store_id, order_id)
JOIN retail.stores s USING (store_id)
WHERE o.order_date >= DATE '2026-01-01'
GROUP BY s.store_name ORDER BY revenue DESC"""
ESCAPE = """\
WITH x AS MATERIALIZED (SELECT set_config('app.rls_context', 'v1|everything', true) AS forged)
SELECT (SELECT count(*) FROM retail.orders) AS orders_seen, forged FROM x"""

console = Console()


def run_demo(url: str, tokens: dict[str, str]) -> int:
    """Play the session against the endpoint; 1 when an answer is not what row-level security promises."""
    return asyncio.run(_play(url, tokens))


async def _play(url: str, tokens: dict[str, str]) -> int:
    console.rule("One question")
    console.print(f"[dim]{QUESTION}[/dim]")
    for name in CALLERS:
        async with _client(url, tokens[name]) as client:
            who = await client.call_tool("describe_access", {})
            console.print(f"\n[bold]{name}[/bold]: {_text(who)}")
            _print_rows(await client.call_tool("execute_sales_query", {"postgresql_query": QUESTION}))
    console.rule("An attempt to see more")
    console.print(f"[dim]{ESCAPE}[/dim]")
    async with _client(url, tokens["kirkland"]) as client:
        outcome = await client.call_tool("execute_sales_query", {"postgresql_query": ESCAPE})
        _print_rows(outcome)
        seen = (outcome.structured_content or {"rows": [[0]]})["rows"][0][0]
    if seen > 0:
        console.print("[red]Rows came through a forged context.[/red]")
        return 1
    console.print("The forged context has no signature: it shows nothing at all.")
    return 0


@asynccontextmanager
async def _client(url: str, token: str) -> AsyncIterator[Client]:
    headers = {"authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


def _print_rows(outcome: CallToolResult) -> None:
    if outcome.is_error or not outcome.structured_content:
        console.print(f"[yellow]{_text(outcome)}[/yellow]")
        return
    table = Table(*(column["name"] for column in outcome.structured_content["columns"]))
    for row in outcome.structured_content["rows"]:
        table.add_row(*(f"{value:,}" if isinstance(value, int | float) else str(value) for value in row))
    console.print(table)


def _text(outcome: CallToolResult) -> str:
    return "".join(getattr(block, "text", "") for block in outcome.content)
