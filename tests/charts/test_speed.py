"""How long a person waits for the picture of 1,000 rows of ten columns."""

from statistics import median

import pytest

from tests.charts.hosting import Host
from tests.charts.results import LARGE

pytestmark = [pytest.mark.anyio, pytest.mark.alone]

MILLISECONDS = 200
TIMES = 3
LAST = "() => performance.getEntriesByName('render').at(-1).duration"
"""From the result or the click to a page that is laid out."""


async def test_a_thousand_rows_are_drawn_in_a_fifth_of_a_second(host: Host) -> None:
    await host.open()
    taken: dict[str, list[float]] = {"result": [], "bars": [], "table": []}
    for _ in range(TIMES):
        await host.show(LARGE)
        taken["result"].append(await host.app.evaluate(LAST))
        for view in ("bars", "table"):
            await host.view(view)
            taken[view].append(await host.app.evaluate(LAST))
    print({view: round(median(times)) for view, times in taken.items()})
    assert all(median(times) < MILLISECONDS for times in taken.values()), taken
