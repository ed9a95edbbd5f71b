"""One application without a host, in a process of its own: requests in, CPU time out.

Run as a file with the folder of an application as its argument, this one's or another checkout's, so it needs nothing
but what that application needs. Reads a line of JSON for each turn from its standard input and answers it with one.
"""

import asyncio
import base64
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import azure.functions as func

type Handle = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


SAMPLE_SECONDS = 0.001
"""Of CPU time between two looks at the stack. A tracing profiler would double what small functions seem to take."""


async def serve(handle: Handle) -> None:
    """Turn after turn until the input ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await _turn(handle, json.loads(line))), flush=True)


async def _turn(handle: Handle, asked: Mapping[str, Any]) -> dict[str, Any]:
    """asked: url, headers and body of one request; how many calls, how many at once; whether to count stacks.

    CPU time is that of the whole process: pools, spools and what else goes on behind the calls are part of their cost.
    """
    body, left = asked["body"].encode(), iter(range(asked["calls"]))

    async def calls() -> func.HttpResponse | None:
        response = None
        for _ in left:
            response = await handle(func.HttpRequest("POST", asked["url"], headers=asked["headers"], body=body))
            if response.status_code != 200:
                raise RuntimeError(f"HTTP {response.status_code}: {response.get_body()[:500]!r}")
        return response

    stacks: Counter[str] = Counter()
    began = time.process_time()
    with _sampled(stacks if asked.get("stacks") else None):
        answers = await asyncio.gather(*(calls() for _ in range(asked["at_once"])))
    seconds = time.process_time() - began
    answer = next(each.get_body() for each in answers if each is not None)
    return {"cpu_ms": 1000 * seconds / asked["calls"], "answer": base64.b64encode(answer).decode(), "stacks": stacks}


@contextmanager
def _sampled(stacks: Counter[str] | None) -> Iterator[None]:
    """Counts what is on the stack of the event loop's thread, outermost first."""

    def look(_: int, frame: FrameType | None) -> None:
        names = []
        while frame is not None:
            names.append(f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}")
            frame = frame.f_back
        stacks[";".join(reversed(names))] += 1  # type: ignore[index]

    if stacks is None:
        yield
        return
    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE_SECONDS, SAMPLE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import function_app

    asyncio.run(serve(function_app.bridge.handle))
