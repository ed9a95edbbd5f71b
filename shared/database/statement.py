"""What runs behind the door: a statement of the server's own, or a caller's text with its bounds."""

import math
from contextvars import ContextVar
from dataclasses import dataclass

from shared.database.conversation import Parameters
from shared.rls_context import Shape
from shared.sql_guard import Passed

MAX_BYTES = 2_000_000
"""What a caller's own text may return: its rows as text. The worker needs some 20 times as much to pass them on."""
MAX_PLAN_COST = 5_000_000.0
"""What a caller's own text may cost, in the planner's units: about the 20 seconds of statement_timeout."""

EXPLAIN = "EXPLAIN (FORMAT JSON) "
"""What access.plan_of puts before a statement."""
_DECLARE = "DECLARE answer NO SCROLL CURSOR FOR "
# Counted before a row leaves the server, for one value can have a gigabyte. OFFSET 0 keeps the text a unit, so that
# each of its values is worked out once. (answer.*), for a column of the text could be called answer. The sum is worked
# out once, though it stands here twice; the function is not asked of each row, for that takes as long as all the rest.
_SO_FAR = "sum(octet_length((answer.*)::text)) OVER (ROWS UNBOUNDED PRECEDING)"
BOUNDED = (
    f"{_DECLARE}SELECT CASE WHEN {_SO_FAR} > {MAX_BYTES} THEN access.bound_bytes({_SO_FAR}, {MAX_BYTES}) END, answer.*"  # noqa: S608
    " FROM (SELECT * FROM ("
)
"""What stands before a caller's own text."""
_BOUNDED_END = "\n) AS asked OFFSET {skip:d}) AS answer"  # the text may end in a comment
_BEHIND = _DECLARE + "SELECT * FROM ("  # noqa: S608
_BEHIND_END = "\n) AS asked OFFSET {skip:d}"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a caller's own text may take."""

    plan_cost: float
    """In the planner's units."""
    seconds: int | None = None
    """None: the statement_timeout of the role."""


CALL = Bounds(plan_cost=MAX_PLAN_COST)
"""Of a call whose client waits for the answer."""
current_bounds: ContextVar[Bounds] = ContextVar("current_bounds", default=CALL)
"""The bounds of the call at hand: wider where it may become a task."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One SELECT as a cursor named answer."""

    text: str
    prefix: str = _DECLARE
    suffix: str = ""
    parameters: Parameters | None = None
    """For `%s` or `%(name)s` in the text; None leaves every % as it is."""
    planning: Parameters | None = None
    """What access.refuse_above is asked first: the ceiling, what is planned, and what runs of it if that matters."""
    seconds: int | None = None
    """How long it may run; None leaves the statement_timeout of the role."""
    shape: Shape | None = None
    """What the policies may know of it (sql_guard/shape.py)."""
    counted: bool = False
    """Whether the first column counts bytes, which the caller did not ask for."""

    @property
    def declaration(self) -> str:
        """What opens the cursor."""
        return self.prefix + self.text + self.suffix

    def position(self, in_declaration: int) -> int:
        """A position that PostgreSQL gives, in characters of the text from 1."""
        return min(max(in_declaration - len(self.prefix), 1), len(self.text) + 1)


def own_statement(text: str, parameters: Parameters | None = None, *, skip: int = 0) -> Statement:
    """The server's own: nobody else has a word in it. skip: rows to leave out at its beginning."""
    if skip == 0:
        return Statement(text=text, parameters=parameters)
    return Statement(text=text, prefix=_BEHIND, suffix=_BEHIND_END.format(skip=skip), parameters=parameters)


def free_statement(read: Passed, bounds: Bounds, *, affordable: bool, skip: int = 0) -> Statement:
    """A caller's text, which the guard has read. affordable: its plan was looked at before. skip: see own_statement."""
    suffix = _BOUNDED_END.format(skip=skip)
    known = affordable and not read.joins_customers  # how customers are found, the plan says each time
    return Statement(
        text=read.text,
        prefix=BOUNDED,
        suffix=suffix,
        planning=None if known else (bounds.plan_cost, read.text, _run_of(read, suffix)),
        seconds=bounds.seconds,
        shape=read.shape,
        counted=True,
    )


def explanation(read: Passed) -> Statement:
    """The plan of a caller's text, which the guard has read, as free_statement would run it."""
    run = _run_of(read, _BOUNDED_END.format(skip=0))
    planning = (math.inf, read.text, run) if run else None
    return Statement(text="SELECT access.plan_of(%s)", parameters=(read.text,), planning=planning, shape=read.shape)


def _run_of(read: Passed, suffix: str) -> str | None:
    """What runs, where its plan decides how customers are found (sql/functions/refuse_above.sql)."""
    return BOUNDED + read.text + suffix if read.joins_customers else None
