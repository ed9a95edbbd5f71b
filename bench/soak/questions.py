"""What is asked, by whom, and what the right answer is, from the superuser's rows."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from local.people import PEOPLE

type Structured = Mapping[str, Any]
type Judge = Callable[[Structured], str | None]
"""What is wrong with an answer; None where nothing is."""

FOREIGN = "foreign rows"
SINCE = "2026-12-15"
"""Of most questions: the machine that is soaked is small, and they are many."""
CALLERS = ("head-office", "west-region", "kirkland", "seattle", "tacoma", "online", "nobody")
SEARCHES = ("stop a dripping faucet", "paint for a child's room", "hang a heavy mirror", "PX-00023", "garden hose leak")


@dataclass(frozen=True)
class Question:
    """A tool call and the judge of its structured result. pages: whether its next page is asked for, too."""

    caller: str
    tool: str
    arguments: Mapping[str, Any]
    judge: Judge
    pages: bool = False


class Questions:
    """Questions at random over the sample, whose rows stay as they are."""

    def __init__(self, superuser_url: str, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # to be had again
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            counted = connection.execute(
                "SELECT store_id, count(*), count(*) FILTER (WHERE order_date >= %s), max(order_id) FROM retail.orders"
                " GROUP BY store_id", (SINCE,)
            )  # fmt: skip
            self._orders = {row[0]: row[1:] for row in counted}
            sold = connection.execute(
                "SELECT items.store_id, sum(quantity) FROM retail.order_items AS items"
                " JOIN retail.orders AS orders USING (store_id, order_id) WHERE order_date >= %s GROUP BY 1", (SINCE,)
            )  # fmt: skip
            self._pieces = {row[0]: int(row[1]) for row in sold}
            listed = connection.execute("SELECT product_id, product_name FROM retail.products").fetchall()
            self._products: dict[int, str] = dict(listed)
        self._kinds: list[tuple[int, Callable[[str], Question]]] = [
            (28, self._count),
            (2, self._count_all),
            (15, self._by_store),
            (15, self._latest),
            (10, self._pieces_sold),
            (12, self._search),
            (6, self._who),
            (2, self._performance),
            (10, self._pages),
        ]

    def next(self) -> Question:
        """One more."""
        caller = self._random.choice(CALLERS)
        [kind] = self._random.choices([kind for _, kind in self._kinds], [weight for weight, _ in self._kinds])
        return kind(caller)

    def _seen(self, caller: str) -> list[int]:
        return sorted(PEOPLE[caller].store_ids)

    def _query(self, caller: str, text: str, rows: list[list[Any]], **arguments: Any) -> Question:
        def judge(structured: Structured) -> str | None:
            return None if structured["rows"] == rows else f"{text}: {structured['rows']} is not {rows}"

        return Question(caller, "execute_sales_query", {"postgresql_query": text, **arguments}, judge)

    def _count(self, caller: str) -> Question:
        rows = [[sum(self._orders[store][1] for store in self._seen(caller))]]
        return self._query(caller, f"SELECT count(*) FROM retail.orders WHERE order_date >= '{SINCE}'", rows)  # noqa: S608

    def _count_all(self, caller: str) -> Question:
        rows = [[sum(self._orders[store][0] for store in self._seen(caller))]]
        return self._query(caller, "SELECT count(*) FROM retail.orders", rows)

    def _by_store(self, caller: str) -> Question:
        rows = [[store, self._orders[store][1]] for store in self._seen(caller)]
        text = (
            f"SELECT store_id, count(*) FROM retail.orders WHERE order_date >= '{SINCE}'"  # noqa: S608
            " GROUP BY store_id ORDER BY store_id"
        )
        return self._query(caller, text, rows)

    def _pieces_sold(self, caller: str) -> Question:
        store = self._random.choice(sorted(self._orders))
        mine = store in self._seen(caller)
        text = (
            "SELECT sum(quantity) FROM retail.order_items JOIN retail.orders USING (store_id, order_id)"  # noqa: S608
            f" WHERE store_id = {store} AND order_date >= '{SINCE}'"
        )
        return self._query(caller, text, [[self._pieces[store] if mine else None]])

    def _latest(self, caller: str) -> Question:
        seen = set(self._seen(caller))
        text = "SELECT store_id, order_id FROM retail.orders ORDER BY order_id DESC LIMIT 40"

        def judge(structured: Structured) -> str | None:
            rows = structured["rows"]
            if {row[0] for row in rows} - seen:
                return FOREIGN
            latest = max((self._orders[store][2] for store in seen), default=None)
            first = rows[0][1] if rows else None
            return None if first == latest else f"the latest order of {caller} is {latest}, not {first}"

        return Question(caller, "execute_sales_query", {"postgresql_query": text}, judge)

    def _pages(self, caller: str) -> Question:
        seen = set(self._seen(caller))
        text = "SELECT store_id, order_id FROM retail.orders ORDER BY order_id LIMIT 1000"

        def judge(structured: Structured) -> str | None:
            rows = structured["rows"]
            if {row[0] for row in rows} - seen:
                return FOREIGN
            return None if len(rows) == (20 if seen else 0) else f"a page of {len(rows)} rows"

        asked = {"postgresql_query": text, "max_rows": 20}
        return Question(caller, "execute_sales_query", asked, judge, pages=bool(seen))

    def _search(self, caller: str) -> Question:
        def judge(structured: Structured) -> str | None:
            names = [column["name"] for column in structured["columns"]]
            found = [dict(zip(names, row, strict=True)) for row in structured["rows"]]
            if caller == "nobody":
                return FOREIGN if found else None
            wrong = [each for each in found if self._products.get(each["product_id"]) != each["product_name"]]
            return f"no such products: {wrong}" if wrong or not found else None

        # A text of its own now and then, so that it is embedded rather than remembered.
        text = self._random.choice(SEARCHES) + self._random.choice(("", f" {self._random.randrange(10_000)}"))
        return Question(caller, "semantic_search_products", {"query_description": text, "max_rows": 5}, judge)

    def _who(self, caller: str) -> Question:
        def judge(structured: Structured) -> str | None:
            told = sorted(store["store_id"] for store in structured["stores"])
            return None if told == self._seen(caller) else f"{caller} is told to see {told}"

        return Question(caller, "describe_access", {}, judge)

    def _performance(self, caller: str) -> Question:
        if not (seen := self._seen(caller)):
            return self._count(caller)
        store = self._random.choice(seen)

        def judge(structured: Structured) -> str | None:
            figures = {row[0]: row[2] for row in structured["rows"]}
            return None if "revenue" in figures else f"a report without revenue: {figures}"

        return Question(caller, "get_store_performance", {"store": store, "period": "2026-03"}, judge)
