"""`python -m shared rotate-keys`: the timer's job for the terminal."""

import asyncio
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import asdict

import psycopg

from shared.commands.sentences import database_says
from shared.errors import KeysNotRotated, SettingsError
from shared.jobs.rotate_keys import Rotation, rotate_as_set
from shared.settings import Settings

DONE, BUSY, FAILED = 0, 1, 2


def rotate_command(environ: Mapping[str, str], *, now: bool, as_json: bool) -> int:
    """The exit status: DONE, BUSY where another run is at work, FAILED where a key could not be seen to."""
    logging.basicConfig(level=logging.CRITICAL)  # what it would say, the sentence says
    try:
        rotations = asyncio.run(rotate_as_set(Settings.from_environ(environ), now=now))
    except (SettingsError, KeysNotRotated) as problem:
        return _complain(str(problem))
    except psycopg.Error as error:
        return _complain(database_says(error))
    except TimeoutError:
        return _complain("it took too long; the next run goes on")
    except KeyboardInterrupt:
        return _complain("stopped; the next run goes on")
    if as_json:
        print(json.dumps([asdict(each) for each in rotations], indent=2))
    elif rotations:
        print("\n".join(map(_line, rotations)))
    if not rotations:
        print("rotate-keys: another run is at work", file=sys.stderr)
        return BUSY
    return DONE


def _line(rotation: Rotation) -> str:
    brought = "a new version" if rotation.brought else "nothing new"
    return f"{rotation.name}: {brought}, {rotation.retired} retired, {rotation.in_use} in use"


def _complain(sentence: str) -> int:
    print(f"rotate-keys: {sentence}", file=sys.stderr)
    return FAILED
