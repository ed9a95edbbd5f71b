"""A database error in, a ToolFault out: PostgreSQL's own sentence, never a stack, a connection or another's value."""

import psycopg
from psycopg import errors

from shared.database.statement import BOUNDED, EXPLAIN, MAX_BYTES, Statement
from shared.errors import QueryTimeout, SqlFault, SqlNotAllowed, TooExpensive, ToolFault, Unavailable
from shared.sql_guard.parsing import ONE_SELECT


def fault_of(error: psycopg.Error, statement: Statement) -> ToolFault:
    """What the caller is told of an error that this statement met."""
    message = error.diag.message_primary or "The statement failed."
    match error.sqlstate:
        case "ZV001":  # sql/functions/refuse_above.sql
            return TooExpensive(
                "The planner expects this query to take far longer than it may.",
                "Join on keys, filter by date or store before joining, and aggregate early.",
            )
        case "ZV002":  # sql/functions/bound_bytes.sql
            return TooExpensive(
                f"The result is larger than {MAX_BYTES / 1e6:.0f} MB.",
                "Select fewer or shorter columns, or aggregate in SQL.",
            )
        case "ZV003":  # sql/functions/only_store.sql
            return Unavailable("What you may see has just been changed.", "Try again.", retry_after=1)
    match error:
        case errors.QueryCanceled():
            return QueryTimeout(
                "The query ran into the server's time limit.",
                "Narrow it, for example to fewer months, or aggregate before joining.",
            )
        case errors.ReadOnlySqlTransaction() | errors.FeatureNotSupported() | errors.InvalidCursorDefinition():
            return SqlNotAllowed(f"PostgreSQL says: {message}.", ONE_SELECT)
        case errors.SyntaxError() if _is_no_select(error, statement):
            return SqlNotAllowed("This is not one SELECT statement.", ONE_SELECT)
        case errors.LockNotAvailable():
            return Unavailable("The tables are being changed by a deployment.", "Try again shortly.", retry_after=5)
        case errors.ProgramLimitExceeded() | errors.StatementTooComplex():
            return TooExpensive(f"PostgreSQL says: {message}.", "Make the query or its values smaller.")
        case errors.InternalError_() if message.startswith("invalid memory alloc request size"):
            return TooExpensive("A value is larger than a gigabyte.", "Make the query's values smaller.")
        case errors.ConfigurationLimitExceeded():  # temp_file_limit
            return TooExpensive(
                "The query needs more temporary space than it may.",
                "Sort and return fewer rows or columns: filter first, aggregate early, use LIMIT.",
            )
        case errors.OutOfMemory() | errors.DiskFull():
            return Unavailable(f"PostgreSQL says: {message}.", "Ask for less at a time.", retry_after=5)
    # Hints for names and types help; others name settings that are not the caller's to change.
    hint = error.diag.message_hint if isinstance(error, errors.UndefinedColumn | errors.UndefinedFunction) else None
    remedy = "Check names and types with get_multiple_table_schemas, then try again."
    if isinstance(error, errors.DataError):  # class 22: the statement is right, but for some row
        remedy = "Leave out or convert the values for which this is so, for example with NULLIF or CASE."
    return SqlFault(
        f"PostgreSQL says: {message}.",
        hint or remedy,
        sqlstate=error.sqlstate or "",
        position=_position(error, statement),
    )


def _is_no_select(error: psycopg.Error, statement: Statement) -> bool:
    """True where the grammar stops at the first word, where a second statement follows, and for SELECT INTO."""
    position = _position(error, statement)
    return position is None or position <= 1 or "INTO is not allowed" in (error.diag.message_primary or "")


def _position(error: psycopg.Error, statement: Statement) -> int | None:
    """Where in the caller's own text, counted from 1."""
    if given := error.diag.statement_position:
        return statement.position(int(given))
    given, planned = error.diag.internal_position, error.diag.internal_query or ""
    for before in (EXPLAIN + BOUNDED, EXPLAIN):
        if given and planned.startswith(before):
            return max(int(given) - len(before), 1)
    return None
