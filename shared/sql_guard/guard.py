"""The guard's steps, from the cheapest to the dearest: text, grammar, names."""

from shared.sql_guard.allowed_functions import AllowedFunctions
from shared.sql_guard.parsing import parse_select
from shared.sql_guard.statement_check import StatementCheck
from shared.sql_guard.text_bounds import check_text


class SqlGuard:
    """Tells which statements may run. Holds no state: safe to share between calls."""

    def __init__(self, allowed: AllowedFunctions) -> None:
        self._allowed = allowed

    def check(self, statement: str) -> None:
        """Returns for a statement that may run; raises SqlNotAllowed, TooExpensive or SqlFault, nothing else."""
        check_text(statement)
        StatementCheck(statement, self._allowed).check(parse_select(statement))
