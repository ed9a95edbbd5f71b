"""What a cold process takes: from its start until it has answered its first tools/call, beside the trivial tool's.

A serverless instance begins while somebody waits. The trivial tool is the bare SDK behind the same bridge and host
(bench/calls/trivial_app): what any MCP server on this host takes, on this machine.
"""

import asyncio
import re
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from bench.calls.contenders import Setup, trivial_tool, with_services
from bench.calls.figures import an_order
from bench.calls.http_client import MODERN, answer_from, check, request_bytes
from bench.calls.workloads import POINT, TRIVIAL_CALL, Workload, workloads
from bench.ground import Ground
from bench.processes import READY_SECONDS
from local.parts import ROOT
from local.progress import step

TURNS = 9
MOST_SECONDS = 1.2
MOST_OWN_SECONDS = 0.2

OWN = {"function_app", "shared"}
_IMPORTED = re.compile(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class ColdFigures:
    """Seconds, medians. own: importing the project's own modules, and not what they do afterwards."""

    product: float
    trivial: float
    own: float

    @property
    def holds(self) -> bool:
        """Whether both are within their limits."""
        return self.product <= MOST_SECONDS and self.own <= MOST_OWN_SECONDS

    def record(self) -> dict[str, Any]:
        """For comparison."""
        return {"cold_start": asdict(self)}

    def show(self, console: Console) -> None:
        """For people."""
        table = Table("from the start of a process to its first answer", "seconds", "limit", "")
        for claim, seconds, most in (
            ("a point lookup of the product", self.product, MOST_SECONDS),
            ("of it, importing modules of its own", self.own, MOST_OWN_SECONDS),
            ("the trivial tool of the bare SDK", self.trivial, None),
        ):
            limit, holds = ("", "") if most is None else (f"at most {most:.2f}", "✓" if seconds <= most else "✗")
            table.add_row(claim, f"{seconds:.2f}", limit, holds)
        console.print(table)
        console.print(f"times the trivial tool: {self.product / self.trivial:.2f}")


def cold_figures(ground: Ground) -> ColdFigures:
    """In turns; half a minute."""
    [lookup] = [each for each in workloads(an_order(ground)) if each.name == POINT]
    with ExitStack() as parts:
        product, trivial = with_services(ground, parts), trivial_tool(ground)
        seconds: tuple[list[float], list[float]] = ([], [])
        with step("starting processes"):
            for _ in range(TURNS + 1):
                seconds[0].append(_first_answer(product, lookup))
                seconds[1].append(_first_answer(trivial, TRIVIAL_CALL))
        own = statistics.median(_own_imports() for _ in range(TURNS))
    # Not the first turn, which may have had to compile.
    of_product, of_trivial = (statistics.median(taken[1:]) for taken in seconds)
    return ColdFigures(of_product, of_trivial, own)


def _own_imports() -> float:
    """Seconds in the project's own modules, without those that they import; measuring makes it some more."""
    command = [sys.executable, "-X", "importtime", "-c", "import function_app, shared.mcp_server"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
    return sum(int(alone) for alone, name in _IMPORTED.findall(told) if name.partition(".")[0] in OWN) / 1e6


def _first_answer(setup: Setup, workload: Workload) -> float:
    with ExitStack() as parts:
        began = time.perf_counter()
        setup.start(parts)
        answer = asyncio.run(_asked(setup.url, request_bytes(setup.url, workload, MODERN, setup.token)))
        taken = time.perf_counter() - began
        check(answer, workload)
        return taken


async def _asked(url: str, request: bytes) -> bytes:
    """The answer, as soon as somebody listens; raises TimeoutError after a minute."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.002)
        writer.write(request)
        try:
            return await answer_from(reader)
        finally:
            writer.close()
