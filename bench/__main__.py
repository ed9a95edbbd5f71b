"""Prints the figures; status 1 where one is beyond its limit."""

import argparse
import json
import sys

from rich.console import Console
from rich.table import Table

from bench.ground import prepared_ground
from bench.guard import LIMIT_MS, milliseconds_of_guard_and_signature
from bench.row_security import LIMITS, Cost, costs_of_policies


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON for comparison")
    options = parser.parse_args()
    guard_ms = milliseconds_of_guard_and_signature()
    with prepared_ground() as ground:
        costs = list(costs_of_policies(ground))
    if options.json:
        print(json.dumps({"guard_and_signature_ms": guard_ms, "policies": [_record(cost) for cost in costs]}, indent=2))
    else:
        _print(guard_ms, costs)
    return 0 if guard_ms <= LIMIT_MS and all(cost.holds for cost in costs) else 1


def _print(guard_ms: float, costs: list[Cost]) -> None:
    console = Console()
    table = Table("query", *LIMITS, title="Time under the policies ÷ time with a literal store_id by the owner")
    for query in dict.fromkeys(cost.query for cost in costs):
        table.add_row(query, *(_cell(cost) for cost in costs if cost.query == query))
    table.add_section()
    table.add_row("limit", *(f"{limit:.2f}" for limit in LIMITS.values()))
    console.print(table)
    console.print(f"Guard and signature: {guard_ms:.3f} ms a call (limit {LIMIT_MS} ms)")


def _cell(cost: Cost) -> str:
    return f"{cost.ratio:.2f}{'' if cost.holds else ' !'}  ({cost.policies_ms:.1f} / {cost.literal_ms:.1f} ms)"


def _record(cost: Cost) -> dict[str, object]:
    return {
        "query": cost.query, "caller": cost.caller, "ratio": cost.ratio,
        "policies_ms": cost.policies_ms, "literal_ms": cost.literal_ms,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
