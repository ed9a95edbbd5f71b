"""The parts of the demo in order, against the running stack or one that is started for it."""

import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import FrameType

import httpx2
import psycopg
from mcp import MCPError

from local.clients import snippet, state_option
from local.demo.backup import backup_and_restore
from local.demo.escapes import escapes
from local.demo.questions import report_with_chart, search_by_meaning, three_callers
from local.demo.screen import Screen
from local.demo.session import NotAsPromised, Stack
from local.parts import answers
from local.stack import StackFailed, StackOptions, running_stack
from local.state import StateFolder

type Part = Callable[[Stack, Screen], None]

PARTS: dict[str, tuple[str, Part]] = {
    "callers": ("One question, three callers", three_callers),
    "search": ("A search by meaning", search_by_meaning),
    "report": ("A report with its chart", report_with_chart),
    "escapes": ("Attempts to see more", escapes),
    "backup": ("A backup that was restored", backup_and_restore),
}
"""By the name that dev.py knows, too."""
DOCUMENTS = """\
  docs/clients.md      every client, with its configuration
  docs/walkthrough.md  a session with all tools
  docs/security.md     what keeps tenants apart, layer by layer
  docs/operations.md   settings, probes, backups, what to do when
  python3 dev.py prove-isolation    what was shown here, as a proof with canary rows"""


def run_demo(state: StateFolder, only: Collection[str] = ()) -> int:
    """The exit status: 0, or 1 where something is not as promised. Raises StackFailed, KeyboardInterrupt.

    only: of PARTS; all of them where it is empty.
    """
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    parts = [part for name, part in PARTS.items() if name in only or not only]
    screen, began = Screen(), time.monotonic()
    with _stack(state) as (stack, is_ours):
        failed = [title for title, part in parts if not _is_as_promised(title, part, stack, screen)]
    screen.heading("What to try next")
    if is_ours:
        screen.verbatim(
            f"  python3 dev.py start{state_option(state.path)}    runs until Ctrl-C, and tells how to connect"
        )
    else:
        screen.verbatim(snippet(stack.url, state.path))
    screen.verbatim(DOCUMENTS)
    screen.say("")
    if failed:
        screen.fails(f"{len(failed)} of {len(parts)}: {'; '.join(failed)}.")
        return 1
    screen.holds(f"{len(parts)} of {len(parts)} as promised, in {time.monotonic() - began:.0f} s.")
    return 0


def _is_as_promised(title: str, part: Part, stack: Stack, screen: Screen) -> bool:
    screen.heading(title)
    holds = True
    try:
        part(stack, screen)
    except* (NotAsPromised, MCPError, httpx2.HTTPError, psycopg.Error, OSError) as problems:
        screen.fails("; ".join(map(_sentence, _leaves(problems))))
        holds = False
    return holds


def _leaves(problems: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for problem in problems.exceptions:
        if isinstance(problem, BaseExceptionGroup):
            yield from _leaves(problem)
        else:
            yield problem


def _sentence(problem: BaseException) -> str:
    return str(problem).strip() or type(problem).__name__


@contextmanager
def _stack(state: StateFolder) -> Iterator[tuple[Stack, bool]]:
    """The one that runs on the folder; else one that ends with the demo, and True. Raises StackFailed."""
    if holder := state.holder():
        noted = state.stack()
        if noted is None or not answers(noted["ports"]["mcp"]):
            raise StackFailed(f"process {holder} runs on {state.path}, and is not ready; see {state.host_log}")
        yield Stack(state, noted), False
        return
    with running_stack(state, StackOptions(port=0, full=True, fresh=False, host="local")):
        try:
            yield Stack(state, state.stack() or {}), True
        finally:  # whatever ends it, a signal must not disturb the unwinding
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)  # which asyncio makes a cancellation
