"""An instance in a process of its own that spends as fast as it may: `python -m … URL PRINCIPAL RATE BURST SECONDS`.

It says when it is ready, begins at a line on stdin, and prints what it spent.
"""

import asyncio
import sys
import time
from uuid import UUID

from shared.errors import RateLimited
from tests.allowances.conftest import opened


async def spend(url: str, principal_id: UUID, rate: float, burst: float, seconds: float) -> int:
    async with opened(url, rate, burst) as allowances:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        spent, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                await allowances.spend(principal_id)
                spent += 1
            except RateLimited:
                pass
            await asyncio.sleep(0.002)
        return spent


if __name__ == "__main__":
    url, principal_id, rate, burst, seconds = sys.argv[1:]
    print(asyncio.run(spend(url, UUID(principal_id), float(rate), float(burst), float(seconds))))
