"""What the guard and the signature add to a call, in the process."""

import statistics
import time
from uuid import UUID

from bench.row_security import QUERIES, as_asked
from shared.rls_context import sign_context
from shared.sql_guard import SqlGuard, load_allowed_functions

LIMIT_MS = 0.5
ROUNDS = 400
PRINCIPAL = UUID("0d5963bc-b203-a8b7-ce4e-9a81c65347a3")


def milliseconds_of_guard_and_signature() -> float:
    """The median over the queries of row_security, each a little different every time, so that none is remembered."""
    guard = SqlGuard(load_allowed_functions())
    texts = [as_asked(query) for query in QUERIES.values()]
    taken = []
    for number in range(ROUNDS):
        text = f"{texts[number % len(texts)]} -- {number}"
        began = time.perf_counter()
        guard.check(text)
        sign_context(b"k" * 32, "kid", PRINCIPAL)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000
