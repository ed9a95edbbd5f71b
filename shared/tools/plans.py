"""How PostgreSQL would run a query."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.database.statement import MAX_PLAN_COST
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.tools.definition import read_tool, result
from shared.tools.sales import Query

_CONDITIONS = (
    *("Index Cond", "Recheck Cond", "Filter", "Hash Cond", "Merge Cond", "Join Filter", "One-Time Filter"),
    *("Sort Key", "Presorted Key", "Group Key", "Grouping Sets", "Cache Key", "Function Call"),
)


class QueryPlan(BaseModel):
    """The plan without costs and estimates: those count rows of every store."""

    plan: list[str] = Field(description="One line a step, indented below the step that it feeds")
    affordable: bool = Field(description="Whether execute_sales_query would run it")


def plan_tools(invocations: Invocations) -> list[Tool]:
    """The tools of this subject."""

    async def explain_query(postgresql_query: Query) -> Annotated[CallToolResult, QueryPlan]:
        """Show how PostgreSQL would run one SELECT, without running it: scans, joins, sorts and their conditions.

        Use it to make a slow or refused query cheaper. There are no row counts or costs. "own stores" stands for the
        row-level security that narrows every table to what you may see.
        """
        plan: Any = await invocations.plan(current_caller.get(), postgresql_query)
        told = QueryPlan(plan=list(_lines(plan, 0, _policies(plan))), affordable=plan["Total Cost"] <= MAX_PLAN_COST)
        verdict = "" if told.affordable else "Too expensive to run.\n"
        return result(verdict + "\n".join(told.plan), told)

    return [read_tool(explain_query, "Explain a query", "sales.read", icon="plan")]


def _policies(plan: dict[str, Any]) -> re.Pattern[str]:
    """The conditions of row-level security, by the sub-selects that they compare with."""
    names = "|".join(re.escape(name) for name in _values(plan))
    value = rf"\((?:{names or '(?!)'})\)\.col1"
    mask, one, several = rf"\({value}\)\[[\w.]+\]", rf"\([\w.]+ = {value}\)", rf"\([\w.]+ = ANY \({value}\)\)"
    listed = rf"(?:{one}|{several})"
    return re.compile(
        rf"\((?:{one} OR )?{mask} OR {mask}\)|\({mask} AND {listed}\)|{mask} AND {listed}|{mask}|{listed}"
    )


def _values(node: dict[str, Any]) -> Iterator[str]:
    """Names of the sub-selects without a table."""
    if _is_value(node):
        yield node["Subplan Name"]
    for child in node.get("Plans", ()):
        yield from _values(child)


def _lines(node: dict[str, Any], depth: int, policies: re.Pattern[str]) -> Iterator[str]:
    indent = "  " * depth
    yield indent + _headline(node)
    for condition in _CONDITIONS:
        if condition in node:
            yield f"{indent}    {condition}: {_readable(node[condition], policies)}"
    for child in node.get("Plans", ()):
        if not _is_value(child):
            yield from _lines(child, depth + 1, policies)


def _is_value(node: dict[str, Any]) -> bool:
    """What a sub-select without a table gives once, such as the policies' masks."""
    return node.get("Parent Relationship") == "InitPlan" and node["Node Type"] == "Result" and "Plans" not in node


def _headline(node: dict[str, Any]) -> str:
    join = node.get("Join Type", "Inner")
    words = [node.get("Subplan Name"), node.get("Strategy"), None if join == "Inner" else join, node["Node Type"]]
    if "Index Name" in node:
        words.append(f"using {node['Index Name']}")
    if source := node.get("Relation Name") or node.get("CTE Name") or node.get("Function Name"):
        alias = node.get("Alias", source)
        words.append(f"on {source}" + ("" if alias == source else f" {alias}"))
    return " ".join(word for word in words if word and word != "Plain")


def _readable(condition: str | list[Any], policies: re.Pattern[str]) -> str:
    if isinstance(condition, list):
        return ", ".join(map(str, condition))
    return policies.sub("(own stores)", condition)
