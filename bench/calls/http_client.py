"""Requests over kept connections with next to no work in the client, which shares its processors with the server.

A client of the field's takes longer for a request than the server that is measured. This one sends the same bytes
again and again, and reads answers that say their length or come in chunks.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from bench.calls.workloads import Workload

type Era = Literal["2026-07-28", "2025-11-25"]
MODERN: Era = "2026-07-28"
ERAS: tuple[Era, Era] = (MODERN, "2025-11-25")


class NotAnswered(Exception):
    """An answer that is none: the figures would be of something else."""


@dataclass(frozen=True)
class Burst:
    """What some seconds of calls took. seconds: of each call, sorted. bytes: of one answer."""

    elapsed: float
    seconds: list[float]
    bytes: int

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float) -> float:
        """Seconds."""
        return self.seconds[min(int(share * len(self.seconds)), len(self.seconds) - 1)]


def request_bytes(url: str, workload: Workload, era: Era, token: str | None) -> bytes:
    """One request as it goes over the wire."""
    method = "tools/list" if workload.tool is None else "tools/call"
    params: dict[str, Any] = {} if workload.tool is None else {"name": workload.tool, "arguments": workload.arguments}
    headers = {
        "host": urlsplit(url).netloc,
        "accept": "application/json, text/event-stream",
        "content-type": "application/json",
        "mcp-protocol-version": era,
    }
    if era == MODERN:
        params["_meta"] = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers["mcp-method"] = method
        if workload.tool is not None:
            headers["mcp-name"] = workload.tool
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    headers["content-length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {urlsplit(url).path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def burst(url: str, request: bytes, workload: Workload, *, concurrency: int, seconds: float) -> Burst:
    """Calls for so many seconds over so many connections. Raises NotAnswered for what is not the right answer."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    taken: list[float] = []
    sizes: list[int] = []

    async def calls(until: float) -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=2**24)
        try:
            while (began := time.perf_counter()) < until:
                writer.write(request)
                answer = await answer_from(reader)
                taken.append(time.perf_counter() - began)
                if not sizes or b'"isError":true' in answer:
                    check(answer, workload)
                    sizes.append(len(answer))
        finally:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(calls(began + seconds) for _ in range(concurrency)))
    return Burst(time.perf_counter() - began, sorted(taken), sizes[0])


def check(answer: bytes, workload: Workload) -> None:
    """Raises NotAnswered where the answer has not what was asked for."""
    lines = [line.removeprefix("data:") for line in answer.decode().splitlines() if not line.startswith("event:")]
    [text] = [line for line in lines if line.strip().startswith("{")] or ["{}"]
    result: Mapping[str, Any] = json.loads(text).get("result") or {}
    if not result or result.get("isError"):
        raise NotAnswered(f"{workload.name}: {text[:500]}")
    if workload.rows and _rows(result) != workload.rows:
        raise NotAnswered(f"{workload.name}: {_rows(result)} rows in place of {workload.rows}")


def _rows(result: Mapping[str, Any]) -> int | None:
    """Ours are in the structured result; dbhub's are JSON in the text."""
    if structured := result.get("structuredContent"):
        return len(structured.get("rows", ()))
    try:
        [statement] = json.loads(result["content"][0]["text"])["data"]["statements"]
        return len(statement["rows"])
    except (ValueError, LookupError, TypeError):
        return None


async def answer_from(reader: asyncio.StreamReader) -> bytes:
    """The body of a 200. Raises NotAnswered for any other."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, lower = head.split(b" ", 2)[1], head.lower()
    if (at := lower.find(b"content-length:")) >= 0:
        body = await reader.readexactly(int(lower[at + 15 : lower.index(b"\r\n", at)]))
    elif b"transfer-encoding: chunked" in lower:
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        raise NotAnswered("an answer without a length")
    if status != b"200":
        raise NotAnswered(f"HTTP {status.decode()}: {body[:300].decode(errors='replace')}")
    return body
