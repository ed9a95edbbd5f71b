"""What the person at the terminal sees while things are made: on stderr, for stdout carries results.

rich is imported when there is something to show: the child processes start before, and load their libraries meanwhile.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@cache
def console() -> "Console":
    """The one on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@contextmanager
def step(what: str) -> Iterator[None]:
    """A spinner while it lasts on a terminal, and one line with its time when it is done."""
    began = time.monotonic()
    with console().status(f"{what} …"):
        yield
    console().print(f"  {what} [dim]({time.monotonic() - began:.1f} s)[/dim]")


class RowsBar:
    """A bar over all rows to load; on a plain pipe a line a table."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console(),
            transient=True,
        )
        self._task = self._bar.add_task("")
        self._last = ""

    def __enter__(self) -> "RowsBar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """What is loaded now, and how much of all."""
        self._bar.update(self._task, description=what, completed=done, total=total)
        if what != self._last and not console().is_terminal:
            console().print(f"  {what} …")
        self._last = what
