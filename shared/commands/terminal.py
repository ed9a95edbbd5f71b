"""What commands print: results on stdout, everything else on stderr."""

import io
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

BAR_COLUMNS = 30


def print_document(document: Mapping[str, Any], default: Callable[[Any], str] | None = None) -> None:
    """The one JSON document of a run."""
    print(json.dumps(document, indent=2, default=default))


def print_lines(*lines: str) -> None:
    """For people, in UTF-8 whatever a pipe is set to."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    for line in lines:
        print(line)


def complain(verb: str, sentence: str) -> None:
    """One line, for messages of others may be several."""
    print(f"{verb}: {' '.join(sentence.split())}", file=sys.stderr, flush=True)


class Bar:
    """One line on stderr that is written over, for who sits before it, and is gone at the end; nothing in a pipe."""

    def __init__(self, unit: str = "") -> None:
        """unit: of what is counted."""
        self._unit = unit
        self._shows = sys.stderr.isatty()
        self._what = ""
        self._sum = 0

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def show(self, what: str, done: int, total: int) -> None:
        """How much of all is done."""
        filled = BAR_COLUMNS * done // max(done, total, 1)
        self._write(f"{what} {'━' * filled}{'╌' * (BAR_COLUMNS - filled)} {done:,} of {total:,} {self._unit}")

    def show_bytes(self, step: str, table: str, more: int) -> None:
        """So many bytes more in this step, which is at that table."""
        self._sum = more + (self._sum if step == self._what else 0)
        self._what = step
        self._write(f"{step} {table}: {self._sum / 1e6:,.1f} MB")

    def _write(self, line: str) -> None:
        if self._shows:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
