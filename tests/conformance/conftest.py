"""Both requirement sets of the suite, against the product and against the product with the suite's own tools."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from local.node import installed_packages
from tests.conformance import suite
from tests.conformance.token_proxy import token_proxy
from tests.stack import RunningStack

type Outcomes = dict[tuple[str, str], suite.Outcome]

REVISIONS = ("2026-07-28", "2025-11-25")


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """The suite itself."""
    installed_packages(suite.HERE)


@pytest.fixture(scope="session")
def outcomes(stack: RunningStack, fixture_host: str, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """By server ("product" or "fixtures") and revision; all at once, for they wait more than they work."""
    folder = tmp_path_factory.mktemp("conformance")
    with (
        token_proxy(stack.base, stack.headers("kirkland")) as the_product,
        # Somebody who has no other tasks: nobody may keep many, and the suite makes eighteen.
        token_proxy(fixture_host, stack.headers("online")) as with_fixtures,
        ThreadPoolExecutor() as pool,
    ):
        urls = {"product": f"{the_product}/mcp", "fixtures": f"{with_fixtures}/mcp"}
        running = {
            (server, revision): pool.submit(
                suite.run, urls[server], revision, folder / server / revision, *_options(server, revision)
            )
            for server, revision in product(urls, REVISIONS)
        }
        return {which: future.result() for which, future in running.items()}


def _options(server: str, revision: str) -> tuple[str, ...]:
    """The product has none of the suite's tools and fails most of it, which is no baseline to keep."""
    known = (server, revision) == ("fixtures", "2025-11-25")
    return ("--expected-failures", str(suite.HERE / "known-failures.yml")) if known else ()
