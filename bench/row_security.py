"""What the policies cost: a query of a caller's beside the same query with a literal store number by the owner.

Both run under the callers' settings, in a transaction that has entered a context as the server signs it and had the
plan looked at as the server does; the time is that of the query alone. So nothing but the policies differs.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from bench.ground import Ground, connected
from shared.database.role_settings import settings_of_this_release
from shared.sql_guard import SqlGuard, load_allowed_functions

STORES = {
    "kirkland": (7,),
    "seattle": (1,),
    "west-region": (1, 2, 6, 7),
    "head-office": tuple(range(1, 9)),
}
LIMITS = {"kirkland": 1.25, "seattle": 1.25, "west-region": 1.5, "head-office": 1.5}
QUERIES = {
    "orders": "SELECT count(*) FROM orders{orders}",
    "orders by month": "SELECT date_trunc('month', order_date) AS month, count(*) FROM orders{orders}"
    " GROUP BY 1 ORDER BY 1",
    "orders since 2025": "SELECT count(*), count(DISTINCT customer_id) FROM orders"
    " WHERE order_date >= DATE '2025-01-01'{and_orders}",
    "customers by year": "SELECT extract(year FROM order_date) AS year, count(DISTINCT customer_id) FROM orders{orders}"
    " GROUP BY 1 ORDER BY 1",
    "lines": "SELECT count(*) FROM order_items{items}",
    "revenue": "SELECT sum(total_amount), avg(discount_percent), count(*) FROM order_items{items}",
    "revenue by product": "SELECT product_id, sum(total_amount), sum(quantity) FROM order_items{items}"
    " GROUP BY 1 ORDER BY 2 DESC LIMIT 20",
    "revenue by category": "SELECT category_name, sum(total_amount) FROM order_items JOIN products USING (product_id)"
    " JOIN categories USING (category_id){items} GROUP BY 1 ORDER BY 2 DESC",
    "revenue by month": "SELECT date_trunc('month', order_date) AS month, sum(total_amount) FROM orders"
    " JOIN order_items USING (store_id, order_id){orders}{and_items} GROUP BY 1 ORDER BY 1",
    "revenue by month, joined on": "SELECT date_trunc('month', order_date) AS month, sum(total_amount) FROM orders"
    " JOIN order_items ON order_items.order_id = orders.order_id AND order_items.store_id = orders.store_id"
    "{orders}{and_items} GROUP BY 1 ORDER BY 1",
    "best customers": "SELECT customer_id, last_name, sum(total_amount) FROM customers JOIN orders USING (customer_id)"
    " JOIN order_items USING (store_id, order_id){orders}{and_items} GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 10",
}
"""{orders} and {items} are where the owner says which stores; a caller says nothing there."""
SECONDS = 2.0
"""For each pair of queries."""
SESSIONS = 5
"""Of each login: two sessions of one login, which do the same, differ by a tenth."""


@dataclass(frozen=True)
class Cost:
    """One query of one caller: medians in milliseconds."""

    query: str
    caller: str
    policies_ms: float
    literal_ms: float

    @property
    def ratio(self) -> float:
        """How many times the literal query's time."""
        return self.policies_ms / self.literal_ms

    @property
    def holds(self) -> bool:
        """Whether it is within its limit."""
        return self.ratio <= LIMITS[self.caller]


@dataclass(frozen=True)
class PolicyFigures:
    """Of every query for every caller."""

    costs: Sequence[Cost]

    @property
    def holds(self) -> bool:
        """Whether all are within their limits."""
        return all(cost.holds for cost in self.costs)

    def record(self) -> dict[str, Any]:
        """For comparison: JSON-serialisable."""
        return {"policies": [{**asdict(cost), "ratio": cost.ratio} for cost in self.costs]}

    def show(self, console: Console) -> None:
        """A row a query, a column a caller."""
        table = Table("query", *LIMITS, title="Time under the policies ÷ time with a literal store_id by the owner")
        for query in dict.fromkeys(cost.query for cost in self.costs):
            table.add_row(query, *(_cell(cost) for cost in self.costs if cost.query == query))
        table.add_section()
        table.add_row("limit", *(f"{limit:.2f}" for limit in LIMITS.values()))
        console.print(table)


def policy_figures(ground: Ground) -> PolicyFigures:
    """Takes two minutes."""
    return PolicyFigures(list(costs_of_policies(ground)))


def costs_of_policies(ground: Ground) -> Iterator[Cost]:
    """Every query for every caller; raises AssertionError where the two answers differ."""
    guard = SqlGuard(load_allowed_functions())
    with ExitStack() as stack:
        pairs = [
            (stack.enter_context(connected(ground.app_url)), stack.enter_context(_as_owner(ground)))
            for _ in range(SESSIONS)
        ]
        for name, query in QUERIES.items():
            asked = as_asked(query)
            shape = guard.check(asked).shape
            for caller, stores in STORES.items():
                medians = _medians(pairs, ground.context(caller, shape), asked, _literal(query, stores))
                yield Cost(name, caller, *medians)


def _as_owner(ground: Ground) -> "psycopg.Connection[Any]":
    """Under the settings of the callers' login."""
    owner = connected(ground.urls["SUPERUSER_DATABASE_URL"])
    for name, value in settings_of_this_release().items():
        owner.execute(f"SET {name} = {value if name == 'search_path' else f"'{value}'"}".encode())
    owner.execute("SET ROLE zava_owner")
    return owner


def as_asked(query: str) -> str:
    """One of QUERIES as a caller asks it."""
    return query.format(orders="", items="", and_orders="", and_items="")


def _literal(query: str, stores: tuple[int, ...]) -> str:
    condition = f"= {stores[0]}" if len(stores) == 1 else f"IN ({', '.join(map(str, stores))})"
    orders, items = f"orders.store_id {condition}", f"order_items.store_id {condition}"
    return query.format(
        orders=f" WHERE {orders}", items=f" WHERE {items}", and_orders=f" AND {orders}", and_items=f" AND {items}"
    )


type _Session = psycopg.Connection[Any]


def _medians(pairs: Sequence[tuple[_Session, _Session]], context: str, asked: str, literal: str) -> tuple[float, float]:
    """Of callers' sessions and the owner's, in turns, so that what else the machine does meets both."""
    times: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times[0]) < 3 * SESSIONS:
        for app, owner in pairs:
            seen, seconds = _timed(app, context, asked)
            times[0].append(seconds)
            expected, seconds = _timed(owner, context, literal)
            times[1].append(seconds)
            assert seen == expected, asked  # noqa: S101
    return statistics.median(times[0]) * 1000, statistics.median(times[1]) * 1000


def _timed(session: _Session, context: str, query: str) -> tuple[list[tuple[Any, ...]], float]:
    """The rows, and the seconds that it took."""
    with session.transaction():
        session.execute("SELECT access.enter_context(%s)", (context,))
        session.execute("SELECT access.refuse_above('infinity', %s, %s)", (query, query))
        began = time.perf_counter()
        rows = session.execute(query.encode()).fetchall()
        return rows, time.perf_counter() - began


def _cell(cost: Cost) -> str:
    return f"{cost.ratio:.2f}{'' if cost.holds else ' !'}  ({cost.policies_ms:.1f} / {cost.literal_ms:.1f} ms)"
