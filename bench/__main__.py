"""Measures, prints the figures, and ends with status 1 where one is beyond its limit."""

import argparse
import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Protocol

from rich.console import Console

from bench.ground import Ground, prepared_ground
from bench.guard import guard_figures
from bench.row_security import policy_figures
from bench.search.figures import search_figures


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
PARTS = (GUARD, *ON_THE_GROUND)
HELP = {
    GUARD: "what checking a caller's SQL costs",
    "row-security": "queries under the policies beside the same ones with a literal store number",
    "search": "relevance by judged queries, recall and time, also of 50,000 products (three minutes)",
}


def main() -> int:
    options = _parser().parse_args()
    measured = []
    try:
        for figures in _measured(options.parts or PARTS):
            measured.append(figures)
            if not options.json:
                figures.show(Console())
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
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help="which to measure; all without")
    parser.add_argument("--json", action="store_true", help="print JSON for comparison")
    return parser


def _measured(parts: Collection[str]) -> Iterator[Figures]:
    """In the order in which each leaves the ground to the next as that wants it."""
    if GUARD in parts:
        yield guard_figures()
    on_the_ground = [measure for part, measure in ON_THE_GROUND.items() if part in parts]
    if on_the_ground:
        with prepared_ground() as ground:
            for measure in on_the_ground:
                yield measure(ground)


if __name__ == "__main__":
    sys.exit(main())
