"""The named statements of sql/queries: `-- name: …` begins one, its text goes to the next."""

import re
from functools import cache
from pathlib import Path

QUERIES_FOLDER = Path(__file__).resolve().parents[2] / "sql" / "queries"

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def named_queries(subject: str, folder: Path = QUERIES_FOLDER) -> dict[str, str]:
    """Statements of `<subject>.sql` by name, without the closing semicolon."""
    parts = _NAME.split((folder / f"{subject}.sql").read_text(encoding="utf-8"))
    return {name: text.strip().removesuffix(";") for name, text in zip(parts[1::2], parts[2::2], strict=True)}
