"""Results to draw, of the shape that tools return."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

type Column = tuple[str, str] | tuple[str, str, str]


def result(columns: Sequence[Column], rows: Sequence[Any], **more: Any) -> dict[str, Any]:
    """columns: name, type and, where the tool says it, unit."""
    keys = ("name", "type", "unit")
    return {
        "columns": [dict(zip(keys, column, strict=False)) for column in columns],
        "rows": list(rows),
        "row_count": len(rows),
        "truncated": False,
    } | more


STORES = ["Zava Retail Seattle", "Zava Retail Bellevue", "Zava Retail Tacoma", "Zava Retail Spokane"]
MONTHS = [f"2024-{month:02}-01" for month in range(1, 13)]

MONTHLY = result(
    [("month", "date"), ("revenue", "numeric", "USD"), ("cost", "numeric", "USD")],
    [[month, 41_000.5 + 3_100 * n - 190 * n * n, 28_000.25 + 1_200 * n] for n, month in enumerate(MONTHS)],
    title="Revenue and cost by month",
    period_start="2024-01-01",
    period_end="2024-12-31",
    findings=["Revenue peaked in September.", {"text": "Costs rose each month."}],
)
BY_STORE_AND_MONTH = result(
    [("month", "date"), ("store_name", "text"), ("revenue", "numeric", "USD")],
    [
        [month, store, 9_000.0 + 700 * ((n * 5 + m * 3) % 11) + 2_000 * m]
        for n, month in enumerate(MONTHS)
        for m, store in enumerate(STORES)
    ],
    title="Revenue by month and store",
)
BY_CATEGORY = result(
    [("category_name", "text"), ("orders", "bigint"), ("margin", "numeric", "%")],
    [["Hand tools", 1840, 33.1], ["Power tools", 1210, 28.4], ["Garden", 990, 41.25], ["Paint & finishes", 455, 37.0]],
)
CHANGES = result(
    [("category_name", "text"), ("change", "numeric", "USD")],
    [["Hand tools", 1840.5], ["Power tools", -1210.25], ["Garden", None], ["Paint", 0]],
)
STACKED = result(
    [("store", "text"), ("category", "text"), ("units", "bigint", "pieces")],
    [
        [store, category, 100 * (m + 1) + 70 * n]
        for m, store in enumerate(STORES)
        for n, category in enumerate(["Hand tools", "Power tools", "Garden", "Paint", "Plumbing"])
    ],
)
LONG_NAMES = result(
    [("product", "text"), ("orders", "bigint")],
    [
        [f"{'Extra ' * (n % 5)}heavy-duty galvanised carriage bolt with washer and nut, {n + 1} pieces", 400 - n * 9]
        for n in range(40)
    ],
)
EMPTY = result([("month", "date"), ("revenue", "numeric", "USD")], [])
ONE_ROW = result([("count", "bigint"), ("latest", "timestamp with time zone")], [[197665, "2026-11-21T10:30:00+00"]])
LARGE = result(
    [("day", "date"), *((f"measure_{n}", "numeric", "USD") for n in range(9))],
    [
        [str(date(2022, 1, 1) + timedelta(n)), *((n * k) % 977 * (300 + n) + 0.25 for k in range(1, 10))]
        for n in range(1000)
    ],
    truncated=True,
)
