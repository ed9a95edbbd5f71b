"""The issuer changes its key while requests run."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from threading import Event
from uuid import uuid4

import httpx2

from local.asgi_server import serving
from local.people import LOCAL_AUDIENCE
from local.tokens import IssuerKey, new_key
from tests.identity.running_issuer import RunningIssuer
from tests.protocol.requests import ACCEPT, call
from tests.stack import PLAIN, RunningStack, host_beside

ACCEPTED, REFUSED = 200, 401


def test_no_good_token_is_refused_for_longer_than_a_second_and_no_bad_one_costs_the_issuer_more(
    stack: RunningStack,
) -> None:
    old, new, foreign = new_key(), new_key(), new_key()
    issuer = RunningIssuer([old])
    with serving(issuer) as issuer.authority, host_beside(stack, "rotation", ENTRA_AUTHORITY=issuer.authority) as url:
        began, over = time.monotonic(), Event()

        def good(key: IssuerKey) -> str:
            return issuer.mint(key, aud=LOCAL_AUDIENCE, scp="catalog.read")

        def sent(tokens: Iterator[str], enough: Callable[[], bool]) -> list[tuple[float, int]]:
            """When each request began, and its status."""
            statuses = []
            headers = {**ACCEPT, "host": stack.base.removeprefix("http://")}
            with httpx2.Client(headers=headers, timeout=30, verify=PLAIN) as client:
                while not enough():
                    at, authorization = time.monotonic(), {"authorization": f"Bearer {next(tokens)}"}
                    answer = client.post(f"{url}/mcp", headers=authorization, json=call("get_current_utc_date"))
                    statuses.append((at, answer.status_code))
            return statuses

        unknown = (good(IssuerKey(uuid4().hex, foreign.private)) for _ in repeat(None))
        with ThreadPoolExecutor(2) as threads:
            by_old = threads.submit(sent, repeat(good(old)), over.is_set)
            flood = threads.submit(sent, unknown, over.is_set)
            sent(repeat(good(old)), lambda: issuer.fetches >= 2)  # the second is the flood's
            issuer.keys.insert(0, new)
            rotated = time.monotonic()
            by_new = sent(repeat(good(new)), lambda: time.monotonic() > rotated + 1.3)
            over.set()
        elapsed = time.monotonic() - began
    assert {status for _, status in by_old.result()} == {ACCEPTED}
    assert {status for _, status in by_new} <= {ACCEPTED, REFUSED}
    assert max((at - rotated for at, status in by_new if status == REFUSED), default=0) < 1
    assert by_new[-1][1] == ACCEPTED
    assert {status for _, status in flood.result()} == {REFUSED}
    assert issuer.fetches <= elapsed + 1
    assert len(flood.result()) > 3 * issuer.fetches
    assert b"host" in issuer.header_names
    assert b"authorization" not in issuer.header_names  # nobody's token is passed on
