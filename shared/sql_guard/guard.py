"""The guard's steps, from the cheapest to the dearest: text, grammar, names."""

from functools import lru_cache
from typing import NamedTuple

from shared.rls_context import Shape
from shared.sql_guard.allowed_functions import AllowedFunctions
from shared.sql_guard.parsing import parse_select
from shared.sql_guard.shape import shape_of
from shared.sql_guard.statement_check import StatementCheck
from shared.sql_guard.text_bounds import check_text

REMEMBERED = 64
"""Statements that passed and need not be read again; agents repeat themselves."""


class Passed(NamedTuple):
    """A statement that may run, without semicolon and what follows it."""

    text: str
    shape: Shape | None
    """What the policies may know of it."""
    ordered: bool
    """Whether it says in which order its rows come."""
    joins_customers: bool
    """Whether it names customers, and its plan can tell by which columns (sql/functions/customers_are_joined.sql)."""


class SqlGuard:
    """Tells which statements may run. Safe to share between calls and threads."""

    def __init__(self, allowed: AllowedFunctions) -> None:
        self._allowed = allowed
        # By the whole text, and only what passed: lru_cache keeps no exception.
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._check)

    def check(self, statement: str) -> Passed:
        """The statement, if it may run.

        Raises SqlNotAllowed, TooExpensive or SqlFault, nothing else.
        """
        return self._remembered(statement)

    def _check(self, statement: str) -> Passed:
        check_text(statement)
        select, text = parse_select(statement)
        check = StatementCheck(statement, self._allowed)
        check.check(select)
        return Passed(
            text,
            shape=shape_of(select),
            ordered="sortClause" in select,
            joins_customers="customers" in check.tables and not (check.renames_columns or check.unites),
        )
