"""`python -m shared rotate-keys`: the timer's job for the terminal."""

import logging
from collections.abc import Mapping
from dataclasses import asdict

from shared.commands.sentences import RefusedHere, awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import print_document, print_lines
from shared.jobs.rotate_keys import Rotation, preview_as_set, rotate_as_set
from shared.settings import Settings


def rotate_keys(environ: Mapping[str, str], *, now: bool, dry_run: bool, as_json: bool) -> Status:
    """NOT_SO where another run is at work. now: whatever the age. dry_run: tells what a run would do."""
    logging.basicConfig(level=logging.CRITICAL)  # what it would say, the sentence says

    def run() -> Status:
        settings = Settings.from_environ(environ)
        rotations = awaited((preview_as_set if dry_run else rotate_as_set)(settings, now=now))
        if not rotations:
            raise RefusedHere("another run is at work")
        if as_json:
            print_document({"keys": [asdict(each) for each in rotations], "dry_run": dry_run})
        else:
            print_lines(*map(_line, rotations), *(["nothing was changed"] if dry_run else []))
        return Status.DONE

    return ended("rotate-keys", run, as_json=as_json, stopped="stopped; the next run goes on")


def _line(rotation: Rotation) -> str:
    brought = "a new version" if rotation.brought else "nothing new"
    return f"{rotation.name}: {brought}, {rotation.retired} retired, {rotation.in_use} in use"
