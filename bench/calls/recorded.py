"""What is claimed of calls, and what an earlier run has reached, which is to stay."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

WORSE = 1.25
"""From this factor on: two runs on one quiet machine are a tenth apart."""
MS = "ms"
"""In a claim: it is no ratio, and tells of the machine."""


@dataclass(frozen=True)
class Limit:
    """A claim, the figure, and what it may be: at least, or at most, or where neither is said, the less the better."""

    claim: str
    figure: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is within it."""
        return (self.at_least is None or self.figure >= self.at_least) and (
            self.at_most is None or self.figure <= self.at_most
        )


class Record:
    """The ratios of a run, which `--record` keeps in a file of the repository."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def ratios(self) -> Mapping[str, float]:
        """By claim."""
        ratios: dict[str, float] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return ratios

    def is_better_than(self, limit: Limit) -> bool:
        """Whether the figure is clearly worse than it was."""
        if (before := self.ratios.get(limit.claim)) is None:
            return False
        return (before / limit.figure if limit.at_least is not None else limit.figure / before) > WORSE

    def keep(self, limits: Iterable[Limit]) -> None:
        """For the runs to come; what this run has not measured stays."""
        ratios = {limit.claim: round(limit.figure, 2) for limit in limits if f" {MS} " not in limit.claim}
        self._path.write_text(json.dumps({**self.ratios, **ratios}, indent=2) + "\n")


RECORD = Record(Path(__file__).with_name("recorded.json"))
