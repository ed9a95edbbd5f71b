"""`python -m shared refresh-embeddings`: the timer's job for the terminal, until there is nothing left to do."""

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict

import psycopg
from psycopg_pool import PoolTimeout

from shared.commands.sentences import database_says
from shared.embeddings.store import NOTHING_SERVED, Progress
from shared.errors import SettingsError
from shared.jobs.refresh_embeddings import Effort, refresh_as_set
from shared.settings import Settings

COMPLETE, INCOMPLETE, FAILED = 0, 1, 2
TO_THE_END = Effort(seconds=24 * 3600, patience=600)


def refresh_command(environ: Mapping[str, str], *, as_json: bool) -> int:
    """The exit status: COMPLETE, INCOMPLETE where products wait or are refused, FAILED where nothing could be done."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        progress = asyncio.run(refresh_as_set(Settings.from_environ(environ), TO_THE_END, _show))
    except SettingsError as problem:
        return _complain(str(problem))
    except PoolTimeout:
        return _complain("no connection to the database as JOBS_DATABASE_URL says")
    except psycopg.Error as error:
        return _complain(database_says(error))
    except KeyboardInterrupt:
        return _complain("stopped; what is embedded is kept, and the next run goes on")
    print(json.dumps(asdict(progress), indent=2) if as_json else _sentence(progress))
    return INCOMPLETE if progress.waiting or progress.refused else COMPLETE


def _show(done: int, total: int) -> None:
    """One line that is written over, for who sits before it."""
    if total and sys.stderr.isatty():
        filled = 30 * done // total
        end = "\n" if done == total else ""
        print(f"\rembedding {'━' * filled}{'╌' * (30 - filled)} {done} of {total} products", end=end, file=sys.stderr)


def _sentence(progress: Progress) -> str:
    if progress.served == NOTHING_SERVED and not progress.waiting:
        return "There is nothing to embed."
    parts = [f"Searches use the embeddings of {progress.served}."]
    parts += [f"{progress.waiting} products wait to be embedded."] if progress.waiting else []
    parts += [f"The service does not take the text of {progress.refused} products."] if progress.refused else []
    return " ".join(parts if parts[1:] else ["Every product is embedded.", *parts])


def _complain(sentence: str) -> int:
    print(f"refresh-embeddings: {sentence}", file=sys.stderr)
    return FAILED
