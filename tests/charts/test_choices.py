"""Which view and which columns come first, what can be chosen instead, and what becomes of awkward values."""

from typing import Any

import pytest

from tests.charts.hosting import Host
from tests.charts.results import (
    BY_CATEGORY,
    BY_STORE_AND_MONTH,
    CHANGES,
    EMPTY,
    LARGE,
    LONG_NAMES,
    MONTHLY,
    ONE_ROW,
    STACKED,
    STORES,
    Column,
    result,
)

pytestmark = pytest.mark.anyio

YEARS_AND_MONTHS: list[Column] = [("year", "integer"), ("month", "integer"), ("orders", "bigint")]
CUSTOMERS: list[Column] = [("customer", "text"), ("created_at", "timestamp without time zone"), ("orders", "bigint")]
FIRST_VIEWS: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "a time": (MONTHLY, ("line", "Month", "")),
    "a time and names": (BY_STORE_AND_MONTH, ("line", "Month", "Store name")),
    "names": (BY_CATEGORY, ("bars", "Category name", "")),
    "two names": (STACKED, ("bars", "Store", "Category")),
    "calendar numbers": (
        result(YEARS_AND_MONTHS, [[y, m, y + m] for y in (2023, 2024) for m in range(1, 13)]),
        ("line", "Month", "Year"),
    ),
    "months as text": (
        result([("m", "text"), ("n", "bigint")], [[f"2024-{m:02}", m] for m in range(12, 0, -1)]),
        ("line", "M", ""),
    ),
    "numbers of stores": (
        result([("store_id", "integer"), ("n", "bigint")], [[1, 5], [2, 7]]),
        ("bars", "Store id", ""),
    ),
    "dates told of": (
        result(
            CUSTOMERS,
            [["Ann", "2024-03-01T10:00:00", 9], ["Bo", "2022-01-05T00:00:00", 8], ["Cy", "2023-01-01T00:00:00", 7]],
        ),
        ("bars", "Customer", "(one series)"),
    ),
    "units by row": (
        result(
            [("metric", "text"), ("unit", "text"), ("value", "numeric"), ("change_percent", "numeric", "per cent")],
            [["revenue", "USD", 9000, 4.5], ["orders", "orders", 60, -2]],
        ),
        ("bars", "Metric", "(one series)"),
    ),
    "one row": (ONE_ROW, ("table", "", "")),
    "no rows": (EMPTY, ("table", "", "")),
    "no numbers": (result([("a", "text"), ("b", "uuid")], [["x", "y"], ["z", "w"]]), ("table", "", "")),
}


async def chosen(host: Host, select: str) -> str:
    """The chosen option where one can choose."""
    if not await host.app.is_visible(f"#{select}"):
        return ""
    return str(await host.app.eval_on_selector(f"#{select}", "(select) => select.selectedOptions[0].textContent"))


async def names_of(host: Host, selector: str) -> list[str]:
    names: list[str] = await host.app.eval_on_selector_all(selector, "(found) => found.map((one) => one.textContent)")
    return names


async def test_the_first_view_follows_from_the_columns(host: Host) -> None:
    await host.open()
    found = {}
    for name, (structured, _) in FIRST_VIEWS.items():
        await host.show(structured)
        view = await host.app.get_attribute("[role=tab][aria-selected=true]", "id")
        found[name] = (view, await chosen(host, "along"), await chosen(host, "split"))
    assert found == {name: expected for name, (_, expected) in FIRST_VIEWS.items()}


async def test_other_columns_can_be_chosen(host: Host) -> None:
    await host.open()
    await host.show(BY_STORE_AND_MONTH)
    assert await names_of(host, "#legend li") == STORES
    await host.app.select_option("#along", label="Store name")
    await host.app.select_option("#split", label="Month")
    months = await names_of(host, "#legend li")
    assert (len(months), months[-1]) == (8, "Other (5)")
    await host.app.select_option("#split", label="(one series)")
    assert "Several rows have the same store_name: each is drawn by itself." in await host.text("#notes")
    await host.show(BY_CATEGORY)
    assert await names_of(host, "#values option") == ["Orders", "Margin (%)"]
    await host.app.select_option("#values", label="Margin (%)")
    assert "highest 41.25 % (Garden)" in await host.text("#status")
    await host.show(MONTHLY)
    assert await names_of(host, "#values option") == ["Revenue (USD)", "Cost (USD)", "All in USD"]
    await host.app.select_option("#values", label="Cost (USD)")
    assert await names_of(host, "#legend li") == ["Cost (USD)"]


async def test_many_series_become_the_largest_and_the_rest_where_sums_mean_something(host: Host) -> None:
    rows = [[f"2024-{month:02}-01", f"Type {number:02}", number * 10] for month in (1, 2, 3) for number in range(20)]
    await host.open()
    await host.show(result([("month", "date"), ("type", "text"), ("pieces", "bigint")], rows))
    assert await names_of(host, "#legend li") == [f"Type {number}" for number in range(13, 20)] + ["Other (13)"]
    assert "13 smaller series are drawn as one." in await host.text("#notes")
    await host.app.focus("#chart")
    for key in ("Home", "ArrowUp"):
        await host.app.press("#chart", key)
    assert await host.text("#point") == f"Jan 2024, Other (13): {sum(range(13)) * 10}. 1 of 3."
    await host.show(result([("month", "date"), ("type", "text"), ("average_price", "numeric", "USD")], rows))
    assert len(await names_of(host, "#legend li")) == 8
    assert "12 smaller series are in the table only." in await host.text("#notes")
    assert await host.app.is_disabled("#stacked")


async def test_many_names_become_the_largest_and_the_rest(host: Host) -> None:
    await host.open()
    await host.show(LONG_NAMES)
    assert await host.app.locator("#chart rect").count() == 30
    assert "11 smaller of 40 are drawn as one." in await host.text("#notes")
    await host.view("table")
    assert await host.app.locator("tbody tr").count() == 40


async def test_what_is_missing_leaves_a_gap(host: Host) -> None:
    rows = [["2024-01-01", 1.5], ["2024-02-01", None], ["2024-03-01", 2], ["2024-04-01", "NaN"], [None, 4]]
    await host.open()
    await host.show(result([("month", "date"), ("rate", "double precision", "%")], rows))
    path = await host.app.get_attribute("#chart path.line", "d")
    assert path is not None
    assert (path.count("M"), path.count("L")) == (2, 0)
    assert "1 rows without a month are in the table only." in await host.text("#notes")
    assert "Lowest 1.5 % (Jan 2024), highest 2 % (Mar 2024)." in await host.text("#status")
    await host.view("table")
    assert await names_of(host, "tbody td") == [
        *("Jan 1, 2024", "1.5 %", "Feb 1, 2024", "–", "Mar 1, 2024", "2 %", "Apr 1, 2024", "NaN", "–", "4 %"),
    ]


async def test_bars_below_zero_go_the_other_way_from_it(host: Host) -> None:
    await host.open()
    await host.show(CHANGES)
    zero = float(await host.app.get_attribute("#chart line.zero", "x1") or "")
    bars = await host.app.eval_on_selector_all(
        "#chart rect", "(bars) => bars.map((bar) => [bar.x.baseVal.value, bar.width.baseVal.value])"
    )
    (right, _), (left, length), (_, nothing) = bars
    assert right == pytest.approx(zero, abs=0.1)
    assert left + length == pytest.approx(zero, abs=0.1)
    assert nothing == 0


async def test_a_stack_is_as_high_as_its_parts(host: Host) -> None:
    await host.open()
    await host.show(
        result([("s", "text"), ("a", "bigint", "pieces"), ("b", "bigint", "pieces")], [["x", 30, 20], ["y", 5, -5]])
    )
    await host.view("stacked")
    bars = await host.app.eval_on_selector_all(
        "#chart rect", "(bars) => bars.map((bar) => [bar.x.baseVal.value, bar.width.baseVal.value])"
    )
    (xa, wide_a), (ya, short), (xb, wide_b), (yb, below) = bars
    assert wide_a / wide_b == pytest.approx(1.5, rel=0.01)
    assert xb == pytest.approx(xa + wide_a, abs=0.1)
    assert yb + below == pytest.approx(ya, abs=0.1)
    assert short == pytest.approx(below, abs=0.1)


async def test_numbers_dates_and_units_are_printed_as_what_they_are(host: Host) -> None:
    columns: list[Column] = [
        ("revenue", "numeric", "USD"),
        ("big", "numeric"),
        ("per_order", "numeric", "USD per order"),
        ("stock", "integer", "pieces"),
        ("year", "integer"),
        ("at", "timestamp with time zone"),
        ("open", "boolean"),
        ("tags", "text[]"),
        ("forever", "date"),
    ]
    rows = [
        [
            1234.5,
            "12345678901234567890123",
            0.125,
            1000,
            2024,
            "2024-05-06T07:08:09.5+02",
            True,
            ["a", "b"],
            "infinity",
        ],
        [-0.5, "Infinity", None, 0, 2023, "2024-05-06T00:00:00+00", False, None, "2024-02-29"],
    ]
    await host.open()
    await host.show(result(columns, rows))
    await host.view("table")
    assert [text.replace("\u202f", " ") for text in await names_of(host, "tbody td")] == [
        *("$1,234.50", "12,345,678,901,234,567,890,123", "$0.13", "1,000", "2024", "May 6, 2024, 5:08 AM"),
        *("yes", '["a","b"]', "infinity"),
        *("-$0.50", "Infinity", "–", "0", "2023", "May 6, 2024, 12:00 AM", "no", "–", "Feb 29, 2024"),
    ]
    assert await names_of(host, "th small") == ["USD", "USD per order", "pieces"]


@pytest.mark.parametrize(
    ("numbers", "ticks"),
    [
        ([1000, 1050, 1100, 1150], ["1K", "1.05K", "1.1K", "1.15K"]),
        ([0.001, 0.002, 0.004], ["0", "0.001", "0.002", "0.003", "0.004"]),
        ([5, 5, 5], ["0", "1", "2", "3", "4", "5"]),
        ([0, 0, 0], ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ([-3_000_000, 0, 2_000_000], ["-3M", "-2M", "-1M", "0", "1M", "2M"]),
    ],
)
async def test_an_axis_has_round_numbers_of_which_no_two_look_alike(
    host: Host, numbers: list[Any], ticks: list[str]
) -> None:
    await host.open()
    rows = [[f"2024-0{month}-01", number] for month, number in enumerate(numbers, 1)]
    await host.show(result([("month", "date"), ("n", "double precision")], rows))
    assert await names_of(host, "#chart g:first-child text") == ticks


async def test_numbers_beyond_all_measure_are_in_the_table_only(host: Host) -> None:
    await host.open()
    rows = [["a", 1e308], ["b", -1e308], ["c", "9" * 400], ["d", 1e299], ["e", 3]]
    await host.show(result([("name", "text"), ("n", "double precision")], rows))
    assert await host.app.locator("#chart rect").count() == 2
    await host.view("table")
    assert await host.app.locator("tbody tr").count() == 5


async def test_a_long_table_comes_in_pages(host: Host) -> None:
    await host.open()
    await host.show(LARGE | {"rows": LARGE["rows"][:250]})
    await host.view("table")
    assert await host.text("nav span") == "Rows 1 to 100 of 250"
    assert await host.app.is_disabled("#previous")
    for _ in range(2):
        await host.app.click("#next")
    assert await host.text("nav span") == "Rows 201 to 250 of 250"
    assert await host.app.get_attribute("tbody tr:last-child", "aria-rowindex") == "251"
    assert await host.app.evaluate("document.activeElement.className") == "scroll"  # there is no next page to focus
    await host.app.press("#previous", "Enter")
    assert await host.text("nav span") == "Rows 101 to 200 of 250"
    assert await host.app.evaluate("document.activeElement.id") == "previous"


async def test_what_was_cut_and_what_is_not_there_is_said(host: Host) -> None:
    await host.open()
    await host.show(BY_CATEGORY | {"truncated": True, "note": "Without ORDER BY."})
    for view in ("bars", "table"):
        await host.view(view)
        told = await names_of(host, "#notes li")
        assert told == ["These 4 rows are not all: there are more.", "Without ORDER BY."]
    await host.show(EMPTY)
    assert await host.text("#status") == "No rows: nothing fits the question."
    assert not await host.app.is_visible("#notes")
    await host.show(MONTHLY)
    assert await host.text("#period") == "Jan 1, 2024 – Dec 31, 2024"
    assert await names_of(host, "#findings li") == ["Revenue peaked in September.", "Costs rose each month."]
