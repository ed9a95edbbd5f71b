"""What the person at the terminal sees; in a pipe plain ASCII, without an escape code."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

PIPE_COLUMNS = 100
"""What a pipe is taken to be as wide as."""
BAR_COLUMNS = 40

type Value = str | int | float | Decimal | bool | None


class Screen:
    """Headings, sentences, tables and bars."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal:
            self._console.width = PIPE_COLUMNS
        self._draws = self._console.is_terminal and self._console.encoding.lower().startswith("utf")

    def heading(self, words: str) -> None:
        """The beginning of a part."""
        self._console.print()
        self._console.rule(Text(words, style="bold"), align="left", characters="─" if self._draws else "-")

    def say(self, sentence: str, style: str = "") -> None:
        """Words of the demo."""
        self._console.print(Text(sentence, style=style))

    def holds(self, sentence: str) -> None:
        """What was just checked, and is so."""
        self._console.print(Text(f"{'✓' if self._draws else 'OK:'} {sentence}", style="green"))

    def fails(self, sentence: str) -> None:
        """What was just checked, and is not so."""
        self._console.print(Text(f"{'✗' if self._draws else 'NOT AS PROMISED:'} {sentence}", style="bold red"))

    def sent(self, words: str) -> None:
        """What goes to the server, or into a shell."""
        self._indented("> ", words, "dim")

    def answered(self, words: str) -> None:
        """What comes back."""
        self._indented("< ", words, "yellow")

    def verbatim(self, text: str) -> None:
        """Lines to copy, which nobody breaks."""
        self._console.print(Text(text), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        """Numbers to the right."""
        kept = [list(row) for row in rows]
        table = Table(box=box.ROUNDED if self._draws else box.ASCII)
        for index, name in enumerate(columns):
            numbers = all(isinstance(row[index], int | float | Decimal | None) for row in kept)
            table.add_column(Text(name), justify="right" if numbers else "left", overflow="fold")
        for row in kept:
            table.add_row(*(Text(as_text(value)) for value in row))
        self._console.print(table)

    def bars(self, figures: Sequence[tuple[str, float]], unit: str) -> None:
        """One bar a line, the longest of BAR_COLUMNS; what is below zero has none."""
        longest = max((value for _, value in figures), default=0)
        names = max((len(name) for name, _ in figures), default=0)
        for name, value in figures:
            length = round(BAR_COLUMNS * max(value, 0) / longest) if longest > 0 else 0
            bar = ("█" if self._draws else "#") * length
            line = Text(f"  {name:<{names}}  ")
            line.append(f"{bar:<{BAR_COLUMNS}}", style="cyan")
            line.append(f" {value:>14,.2f} {unit}")
            self._console.print(line, soft_wrap=True)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """A spinner while it lasts, on a terminal alone."""
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(Text(what)):
            yield

    def _indented(self, mark: str, words: str, style: str) -> None:
        grid = Table.grid()
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(mark, style="bold"), Text(words, style=style))
        self._console.print(Padding(grid, (0, 0, 0, 2), expand=False))


def as_text(value: Value) -> str:
    """A cell: thousands apart, nothing where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,}"
