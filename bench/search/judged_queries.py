"""Queries with the products that answer them, as one assessor judged, and two measures of a ranking against that.

docs/search.md tells how they were made. The part `tune` is for choosing, the part `report` for reporting only.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FILE = Path(__file__).with_name("judged_queries.csv")
DEPTH = 10
"""As many products as a person or a model looks at."""

type Part = Literal["tune", "report"]


@dataclass(frozen=True)
class JudgedQuery:
    """A question and its products: 3 is exactly what is asked for, 1 is worth showing, what is not named is 0."""

    kind: str
    text: str
    grades: Mapping[str, int]

    def ndcg(self, names: Sequence[str]) -> float:
        """Normalised discounted cumulative gain of a ranking's first ten: 0 to 1."""
        gains = [self.grades.get(name, 0) for name in names]
        return _discounted(gains) / _discounted(sorted(self.grades.values(), reverse=True))

    def reciprocal_rank(self, names: Sequence[str]) -> float:
        """One by the rank of the first product that is worth showing, 0 where the first ten have none."""
        return next((1 / rank for rank, name in enumerate(names[:DEPTH], 1) if name in self.grades), 0.0)


def judged_queries(part: Part) -> list[JudgedQuery]:
    """In the file's order."""
    queries: dict[tuple[str, str], dict[str, int]] = {}
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["part"] == part:
                queries.setdefault((row["kind"], row["query"]), {})[row["product_name"]] = int(row["grade"])
    return [JudgedQuery(kind, text, grades) for (kind, text), grades in queries.items()]


def _discounted(grades: Sequence[int]) -> float:
    return math.fsum((2.0**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades[:DEPTH], 1))
