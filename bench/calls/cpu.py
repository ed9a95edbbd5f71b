"""CPU time of a call in the application itself, without a host: a figure that other work on the machine leaves alone.

Applications answer in turns, each in a process of its own (in_process.py): the product, the trivial tool, and where one
asks for it the product as another checkout has it.
"""

import base64
import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.calls.contenders import HERE, with_services
from bench.calls.figures import an_order
from bench.calls.http_client import ERAS, Era, check, request_bytes
from bench.calls.workloads import POINT, THOUSAND, TRIVIAL, TRIVIAL_CALL, Workload, workloads
from bench.ground import Ground
from local.parts import ROOT
from local.progress import step

TURNS = 7
CALLS = {POINT: 300, THOUSAND: 60}
"""In a turn."""
AT_ONCE = 8
PRODUCT, AGAINST = "product", "the other checkout"
SEGMENTS: Mapping[str, Sequence[str]] = {
    "SQL to PostgreSQL and back": ("psycopg", "shared/database", "shared/json_values"),
    "identity": ("jwt", "shared/identity", "shared/authentication", "shared/authorization"),
    "guard": ("shared/sql_guard",),
    "limits, proof of isolation, signed context": ("shared/limits", "shared/isolation", "shared/keys", "shared/vault"),
    "audit and telemetry": ("shared/audit", "shared/telemetry", "shared/logs"),
    "the door and the tool": ("shared/invocation", "shared/tools", "shared/result", "shared/field_encryption"),
    "the MCP SDK": (
        "mcp",
        "mcp_types",
        "pydantic",
        "pydantic_core",
        "anyio",
        "sniffio",
        "opentelemetry",
        "sse_starlette",
    ),
    "bridge and Starlette": ("starlette", "azure", "shared/asgi_bridge"),
}
"""By the module that is nearest to what runs; what the standard library does is its caller's."""
REST = "event loop and the rest"


@dataclass(frozen=True)
class CpuRow:
    """Milliseconds of CPU a call: the median of the turns."""

    contender: str
    workload: str
    era: str
    cpu_ms: float


@dataclass(frozen=True)
class CpuFigures:
    """shares: of a call's CPU time, by workload and segment."""

    rows: Sequence[CpuRow]
    shares: Mapping[str, Mapping[str, float]]

    @property
    def holds(self) -> bool:
        """Nothing is claimed."""
        return True

    def record(self) -> dict[str, Any]:
        """For comparison."""
        return {"cpu": [asdict(row) for row in self.rows], "cpu_shares": self.shares}

    def show(self, console: Console) -> None:
        """Two tables."""
        table = Table("", "era", "by", "CPU ms")
        for row in self.rows:
            table.add_row(row.workload, row.era, row.contender, f"{row.cpu_ms:.2f}")
        console.print(table)
        shares = Table("share of the CPU time", *self.shares)
        for segment in (*SEGMENTS, REST):
            shares.add_row(segment, *(f"{of.get(segment, 0.0):.0%}" for of in self.shares.values()))
        console.print(shares)


def cpu_figures(ground: Ground, *, against: Path | None) -> CpuFigures:
    """against: another checkout of the product. A minute."""
    asked = [workload for workload in workloads(an_order(ground)) if workload.name in CALLS]
    rows: list[CpuRow] = []
    shares: dict[str, Mapping[str, float]] = {}
    with _applications(ground, against) as applications:
        for workload in asked:
            with step(f"measuring {workload.name}"):
                for era in ERAS:
                    rows += _in_turns(applications, workload, era)
                counted = applications[PRODUCT].turn(workload, ERAS[0], TURNS * CALLS[workload.name], stacks=True)
                shares[workload.name] = _shares(counted["stacks"])
    return CpuFigures(rows, shares)


class _Application:
    """One that listens to in_process.py. asked: in place of the workload, where it has a tool of its own."""

    def __init__(self, child: "subprocess.Popen[str]", url: str, token: str | None, asked: Workload | None) -> None:
        self._child = child
        self._url = url
        self._token = token
        self.asked = asked

    def turn(self, workload: Workload, era: Era, calls: int, *, stacks: bool = False) -> dict[str, Any]:
        """What in_process.py says of so many calls. Raises NotAnswered."""
        asked = self.asked or workload
        head, body = request_bytes(self._url, asked, era, self._token).decode().split("\r\n\r\n", 1)
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        turn = {
            "url": self._url,
            "headers": headers,
            "body": body,
            "calls": calls,
            "at_once": AT_ONCE,
            "stacks": stacks,
        }
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(turn) + "\n")
        self._child.stdin.flush()
        if not (line := self._child.stdout.readline()):
            raise RuntimeError("an application ended")
        said: dict[str, Any] = json.loads(line)
        check(base64.b64decode(said["answer"]), asked)
        return said


@contextmanager
def _applications(ground: Ground, against: Path | None) -> Iterator[Mapping[str, _Application]]:
    with ExitStack() as parts:
        product = with_services(ground, parts)

        def started(app: Path, modules: Path, token: str | None, asked: Workload | None = None) -> _Application:
            spool = ground.state.path / f"spool-{len(applications)}"
            child = subprocess.Popen(
                [sys.executable, str(HERE / "in_process.py"), str(app)],
                env=os.environ | product.settings | {"PYTHONPATH": str(modules), "AUDIT_SPOOL": str(spool)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            parts.callback(child.wait)
            assert child.stdin is not None
            parts.callback(child.stdin.close)
            return _Application(child, product.url, token, asked)

        applications: dict[str, _Application] = {}
        applications[PRODUCT] = started(ROOT, ROOT, product.token)
        if against is not None:
            applications[AGAINST] = started(against, against, product.token)
        applications[TRIVIAL] = started(HERE / "trivial_app", ROOT, None, TRIVIAL_CALL)
        yield applications


def _in_turns(applications: Mapping[str, _Application], workload: Workload, era: Era) -> Iterator[CpuRow]:
    taken: dict[str, list[float]] = {who: [] for who in applications if who != TRIVIAL or workload.name == POINT}
    for turn in range(TURNS + 1):
        for who, of_turns in taken.items():
            said = applications[who].turn(workload, era, CALLS[workload.name])
            if turn:  # the first one warms up
                of_turns.append(said["cpu_ms"])
    for who, of_turns in taken.items():
        name = (applications[who].asked or workload).name
        yield CpuRow(who, name, era, statistics.median(of_turns))


def _shares(stacks: Mapping[str, int]) -> dict[str, float]:
    counted: Counter[str] = Counter()
    for stack, times in stacks.items():
        counted[_segment(stack.split(";"))] += times
    return {segment: times / counted.total() for segment, times in counted.most_common()}


def _segment(frames: Sequence[str]) -> str:
    for frame in reversed(frames):
        path = frame.rpartition("site-packages/")[2].removeprefix(f"{ROOT}/")
        for segment, modules in SEGMENTS.items():
            if path.startswith(tuple(f"{module}{end}" for module in modules for end in ("/", ".py", "_"))):
                return segment
    return REST
