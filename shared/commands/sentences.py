"""What operators are told of errors: a sentence, and the status that it ends with."""

import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from shared.commands.status import Status
from shared.commands.terminal import complain, print_document
from shared.errors import (
    BackupFailed,
    BackupRefused,
    FieldsNotConverted,
    MigrationRefused,
    PricesUnreadable,
    SettingsError,
    ZavaError,
)

if TYPE_CHECKING:
    import psycopg

WRONG = (SettingsError, PricesUnreadable)
UNWIND_SECONDS = 1.0
"""For what is open, after Ctrl-C."""
REFUSED = (BackupFailed, BackupRefused, FieldsNotConverted, MigrationRefused)


class RefusedHere(ZavaError):
    """What a command itself refuses or finds not so; the message is its sentence."""


class WronglyUsed(ZavaError):
    """Arguments that contradict each other."""


def ended(verb: str, work: Callable[[], Status], *, as_json: bool, stopped: str = "stopped") -> Status:
    """The status of the work. Its errors are one sentence on stderr, and with as_json `{"error": …}` on stdout.

    stopped: what Ctrl-C leaves behind.
    """
    try:
        return work()
    except ZavaError as problem:
        sentence, status = str(problem), _status_of(problem)
    except KeyboardInterrupt:
        complain(verb, stopped)
        _leave()
    except _of_services() as error:
        sentence, status = _said_by_services(error), _status_of_service(error)
    complain(verb, sentence)
    if as_json:
        print_document({"error": sentence})
    return status


def awaited[T](work: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run(), but Ctrl-C waits neither for threads nor long for connections to end.

    That loses nothing: every run may be killed.
    """
    import asyncio  # late: not every command waits

    runner, is_stopped = asyncio.Runner(), False

    async def watched() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop() -> None:
            nonlocal is_stopped
            is_stopped = True
            if task:
                task.cancel()
            loop.call_later(UNWIND_SECONDS, loop.stop)

        with suppress(NotImplementedError, RuntimeError):  # on Windows, and beside the main thread, Python's own way
            loop.add_signal_handler(signal.SIGINT, stop)
        return await work

    try:
        return runner.run(watched())
    except (asyncio.CancelledError, RuntimeError) as error:  # cancelled, or the loop has ended before that
        if is_stopped:
            raise KeyboardInterrupt from error
        raise
    finally:
        if not is_stopped:
            runner.close()


def database_says(error: "psycopg.Error") -> str:
    """What a server says is safe; what libpq says of a URL may quote it, password and all: of that, its kind."""
    where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    return f"the database says: {error.diag.message_primary or type(error).__name__}{where}"


def _leave() -> NoReturn:
    """A thread may still be at work, for which an ordinary end would wait."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(Status.STOPPED)


def _status_of(problem: ZavaError) -> Status:
    if isinstance(problem, (*WRONG, WronglyUsed)):
        return Status.WRONG_USE
    return Status.NOT_SO if isinstance(problem, (*REFUSED, RefusedHere)) else Status.UNREACHABLE


def _of_services() -> tuple[type[Exception], ...]:
    import psycopg  # late: who has no error of it need not load it
    from azure.core.exceptions import AzureError

    return (psycopg.Error, TimeoutError, AzureError)


def _status_of_service(error: Exception) -> Status:
    """A URL that is none, psycopg refuses before it asks anybody."""
    import psycopg

    is_no_url = isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None
    return Status.WRONG_USE if is_no_url else Status.UNREACHABLE


def _said_by_services(error: Exception) -> str:
    import psycopg
    from azure.core.exceptions import AzureError
    from psycopg_pool import PoolTimeout

    if isinstance(error, PoolTimeout):
        return "the database gives no connection"
    if isinstance(error, AzureError):
        return f"Azure refuses or cannot be reached: {type(error).__name__}"
    return database_says(error) if isinstance(error, psycopg.Error) else "it took too long"
