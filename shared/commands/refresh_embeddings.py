"""`python -m shared refresh-embeddings`: the timer's job for the terminal, until there is nothing left to do."""

import logging
from collections.abc import Mapping
from dataclasses import asdict

from shared.commands.sentences import awaited, ended
from shared.commands.status import Status
from shared.commands.terminal import Bar, print_document, print_lines
from shared.embeddings.store import NOTHING_SERVED, Progress
from shared.jobs.refresh_embeddings import Effort, preview_as_set, refresh_as_set
from shared.settings import Settings

TO_THE_END = Effort(seconds=24 * 3600, patience=600)


def refresh_embeddings(environ: Mapping[str, str], *, dry_run: bool, as_json: bool) -> Status:
    """NOT_SO where products wait or are refused. dry_run: only counts them."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # the sentence says it

    def run() -> Status:
        settings = Settings.from_environ(environ)
        if dry_run:
            progress = awaited(preview_as_set(settings))
        else:
            with Bar("products") as bar:
                progress = awaited(
                    refresh_as_set(settings, TO_THE_END, lambda done, total: bar.show("embedding", done, total))
                )
        if as_json:
            print_document(asdict(progress))
        else:
            print_lines(_sentence(progress))
        return Status.NOT_SO if progress.waiting or progress.refused else Status.DONE

    stopped = "stopped; what is embedded is kept, and the next run goes on"
    return ended("refresh-embeddings", run, as_json=as_json, stopped=stopped)


def _sentence(progress: Progress) -> str:
    if progress.served == NOTHING_SERVED and not progress.waiting:
        return "There is nothing to embed."
    parts = [f"Searches use the embeddings of {progress.served}."]
    parts += [f"{progress.waiting} products wait to be embedded."] if progress.waiting else []
    parts += [f"The service does not take the text of {progress.refused} products."] if progress.refused else []
    return " ".join(parts if parts[1:] else ["Every product is embedded.", *parts])
