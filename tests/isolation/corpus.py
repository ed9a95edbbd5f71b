"""The legitimate queries: `legitimate/<subject>.sql`, each query below its `-- name: …`."""

import re
from pathlib import Path

from shared.database.queries import named_queries

FOLDER = Path(__file__).parent / "legitimate"

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def legitimate_queries() -> dict[str, str]:
    """Statements by `subject.name`, in the order of their files."""
    return {
        f"{path.stem}.{name}": statement
        for path in sorted(FOLDER.glob("*.sql"))
        for name, statement in named_queries(path.stem, FOLDER).items()
    }


def normalised(statement: str) -> str:
    """The statement without what makes two copies of it look different: comments, case, space, digits."""
    return re.sub(r"\d+", "0", " ".join(_COMMENT.sub(" ", statement).lower().split()))
