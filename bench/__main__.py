"""Measures, prints the figures, and ends with status 1 where one is beyond its limit."""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from bench.calls.cpu import cpu_figures
from bench.calls.figures import call_figures
from bench.cold_start import cold_figures
from bench.ground import Ground, prepared_ground
from bench.guard import guard_figures
from bench.memory import memory_figures
from bench.row_security import policy_figures
from bench.scaling.figures import DATABASE_MS, scaling_figures
from bench.search.figures import search_figures
from bench.soak.figures import MINUTES, RATE, soak
from local.redis_server import RedisMissing


class Figures(Protocol):
    """What one part measured."""

    @property
    def holds(self) -> bool:
        """Whether all are within their limits."""

    def record(self) -> dict[str, Any]:
        """For comparison: JSON-serialisable."""

    def show(self, console: Console) -> None:
        """For people."""


GUARD = "guard"
ON_THE_GROUND: Mapping[str, Callable[[Ground], Figures]] = {
    "row-security": policy_figures,
    "search": search_figures,
}
CALLS = "calls"
CPU = "cpu"
COLD = "cold-start"
MEMORY = "memory"
SCALING = "scaling"
SOAK = "soak"
EVERY_DAY = (GUARD, *ON_THE_GROUND)
"""What is measured where nothing is named."""
PARTS = (*EVERY_DAY, CALLS, COLD, CPU, MEMORY, SCALING, SOAK)
HELP = {
    GUARD: "what checking a caller's SQL costs",
    "row-security": "queries under the policies beside the same ones with a literal store number",
    "search": "relevance by judged queries, recall and time, also of 50,000 products (three minutes)",
    CALLS: "tool calls through the Functions host beside bare SQL and a trivial tool; --peer adds another server",
    COLD: "from the start of a process to its first answer, beside the trivial tool (half a minute)",
    CPU: "CPU time of a call without a host, and where it goes; --against compares with another checkout",
    MEMORY: "what a process has in memory within 100,000 calls of every kind (some minutes)",
    SCALING: "instances, pools and a database, simulated; --seed and --database-ms change it (half a minute)",
    SOAK: "calls for ten minutes while things fail; --minutes, --rate and --seed change it",
}


def main() -> int:
    options = _parser().parse_args()
    measured = []
    try:
        for figures in _measured(options):
            measured.append(figures)
            if not options.json:
                figures.show(Console(width=None if sys.stdout.isatty() else 120))
    except RedisMissing as missing:
        print(f"dev.py: {missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dev.py: stopped", file=sys.stderr)
        return 130
    if options.json:
        print(json.dumps({name: value for figures in measured for name, value in figures.record().items()}, indent=2))
    return 0 if all(figures.holds for figures in measured) else 1


def _parser() -> argparse.ArgumentParser:
    parts = "\n".join(f"  {part:<14}{HELP[part]}" for part in PARTS)
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description=__doc__,
        epilog=f"parts:\n{parts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[[], *PARTS],
        metavar="PART",
        help="which to measure; all but calls, cold-start, cpu, memory, scaling and soak without",
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of a soak ({MINUTES:g})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"calls a second of a soak ({RATE:g})")
    parser.add_argument(
        "--seed", type=int, default=1, help="of a soak's questions and faults, or of what is simulated (1)"
    )
    parser.add_argument("--database-ms", type=float, default=DATABASE_MS, help=f"a simulated call's ({DATABASE_MS:g})")
    parser.add_argument("--peer", choices=["dbhub"], help="measure this server, too, from npm")
    parser.add_argument("--against", type=Path, help="a folder with another checkout, to compare CPU time with")
    parser.add_argument("--record", action="store_true", help="keep the ratios of calls, for later runs to be held to")
    parser.add_argument("--json", action="store_true", help="print JSON for comparison")
    return parser


def _measured(options: argparse.Namespace) -> Iterator[Figures]:
    """In the order in which each leaves the ground to the next as that wants it."""
    parts: Collection[str] = options.parts or EVERY_DAY
    if SOAK in parts:
        yield soak(options.minutes, options.rate, options.seed)
    if SCALING in parts:
        yield scaling_figures(options.seed, options.database_ms)
    if GUARD in parts:
        yield guard_figures()
    on_the_ground = [measure for part, measure in ON_THE_GROUND.items() if part in parts]
    if CALLS in parts:
        on_the_ground.append(partial(call_figures, peer=options.peer is not None, record=options.record))
    if COLD in parts:
        on_the_ground.append(cold_figures)
    if MEMORY in parts:
        on_the_ground.append(memory_figures)
    if CPU in parts:
        on_the_ground.append(partial(cpu_figures, against=options.against))
    if on_the_ground:
        with prepared_ground() as ground:
            for measure in on_the_ground:
                yield measure(ground)


if __name__ == "__main__":
    sys.exit(main())
