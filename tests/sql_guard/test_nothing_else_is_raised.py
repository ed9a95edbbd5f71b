"""Whatever the text, the guard says yes or one of its three faults."""

import random
from contextlib import suppress
from pathlib import Path

from shared.errors import SqlFault, SqlNotAllowed, TooExpensive
from shared.sql_guard import SqlGuard, load_allowed_functions

STATEMENTS = (Path(__file__).parent / "legitimate_statements.sql").read_text(encoding="utf-8").splitlines()


def test_damaged_statements_are_read_or_refused() -> None:
    """Words of legitimate statements left out, doubled, and swapped with words of others; the same at each run."""
    guard = SqlGuard(load_allowed_functions())
    dice = random.Random(20)
    words = [word for statement in STATEMENTS for word in statement.split()]
    for _ in range(4_000):
        damaged = dice.choice(STATEMENTS).split()
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(len(damaged))
            damaged[place : place + dice.randint(0, 2)] = dice.choices(words, k=dice.randint(0, 2))
            damaged = damaged or ["SELECT"]
        with suppress(SqlFault, SqlNotAllowed, TooExpensive):
            guard.check(" ".join(damaged))
