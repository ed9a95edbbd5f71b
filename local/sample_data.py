"""The sample data: the same rows at every run, in the numbers of the original data set.

sql/sample/ holds what people wrote (stores, products); customers, stock and orders are drawn from a fixed seed.
Each function yields rows of one table as tuples in the order of COLUMNS.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import accumulate
from random import Random
from typing import Final

from local.catalogue import Catalogue, Product, Store

SEED = 20_260_728
CUSTOMERS: Final = 50_000
ORDER_ITEMS: Final = 414_241
YEAR_WEIGHTS = {2020: 1.0, 2021: 1.1, 2022: 1.21, 2023: 1.15, 2024: 1.265, 2025: 1.392, 2026: 1.531}
AREA_CODES = ("206", "253", "360", "425", "509")
DISCOUNTED_SHARE = 0.15
DISCOUNT_PERCENT = (5, 25)
ELSEWHERE_SHARE = 0.06
"""Orders by customers of another store."""
ITEMS_PER_ORDER = {1: 0.44, 2: 0.26, 3: 0.16, 4: 0.09, 5: 0.05}
PIECES_PER_ITEM = {1: 0.62, 2: 0.20, 3: 0.09, 4: 0.05, 6: 0.03, 10: 0.01}
SEASON_FACTOR = 2.0
SEASONS = {
    "Paint & Finishes": (3, 4, 5),
    "Garden & Outdoor": (3, 4, 5),
    "Power Tools": (6, 7, 8),
    "Lumber & Building Materials": (6, 7, 8),
    "Hardware": (9, 10, 11),
    "Storage & Organization": (9, 10, 11),
    "Hand Tools": (12, 1, 2),
}

COLUMNS = {
    "stores": ("store_id", "store_name", "rls_user_id", "is_online"),
    "categories": ("category_id", "category_name"),
    "product_types": ("type_id", "category_id", "type_name"),
    "products": (
        *("product_id", "sku", "product_name", "category_id", "type_id"),
        *("cost", "base_price", "gross_margin_percent", "product_description"),
    ),
    "customers": ("customer_id", "first_name", "last_name", "email", "phone", "primary_store_id", "created_at"),
    "inventory": ("store_id", "product_id", "stock_level"),
    "orders": ("order_id", "customer_id", "store_id", "order_date"),
    "order_items": (
        *("order_item_id", "order_id", "store_id", "product_id", "quantity"),
        *("unit_price", "discount_percent", "discount_amount", "total_amount"),
    ),
}

type Row = tuple[object, ...]


class SampleData:
    """All rows of all tables. The drawn tables depend on each other only through what is drawn once, when asked for."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each table, in the order in which the tables are to be loaded."""
        return {
            "stores": len(self.catalogue.stores),
            "categories": len(self.catalogue.categories),
            "product_types": len(self.catalogue.types),
            "products": len(self.catalogue.products),
            "customers": CUSTOMERS,
            "inventory": len(self.catalogue.stores) * len(self.catalogue.products),
            "orders": sum(store.order_count for store in self.catalogue.stores),
            "order_items": ORDER_ITEMS,
        }

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table."""
        makers: dict[str, Callable[[], Iterable[Row]]] = {
            "stores": self._store_rows,
            "categories": lambda: ((number, name) for name, number in self.catalogue.categories.items()),
            "product_types": self._type_rows,
            "products": self._product_rows,
            "customers": self._customer_rows,
            "inventory": self._inventory_rows,
            "orders": lambda: ((number, *order) for number, order in enumerate(self._orders, 1)),
            "order_items": self._item_rows,
        }
        return iter(makers[table]())

    @cached_property
    def _homes(self) -> list[Store]:
        """The primary store of each customer, customer 1 first: shares by weight, exactly, in mixed order."""
        shares = apportion(CUSTOMERS, [store.customer_weight for store in self.catalogue.stores])
        homes = [store for store, share in zip(self.catalogue.stores, shares, strict=True) for _ in range(share)]
        return _shuffled(homes, _random("homes"))

    @cached_property
    def _orders(self) -> list[tuple[int, int, date]]:
        """Customer, store and day of each order, by day: the first is order 1."""
        random = _random("orders")
        regulars: dict[int, list[int]] = {store.store_id: [] for store in self.catalogue.stores}
        for customer_id, home in enumerate(self._homes, 1):
            regulars[home.store_id].append(customer_id)
        orders = []
        for store in self.catalogue.stores:
            own = regulars[store.store_id]
            for year, count in zip(YEAR_WEIGHTS, apportion(store.order_count, YEAR_WEIGHTS.values()), strict=True):
                first = date(year, 1, 1)
                days = (date(year + 1, 1, 1) - first).days
                for _ in range(count):
                    elsewhere = random.random() < ELSEWHERE_SHARE
                    customer = 1 + _below(random, CUSTOMERS) if elsewhere else _one_of(random, own)
                    orders.append((customer, store.store_id, first + timedelta(_below(random, days))))
        return sorted(_shuffled(orders, random), key=lambda order: order[2])

    def _store_rows(self) -> Iterator[Row]:
        for store in self.catalogue.stores:
            yield store.store_id, store.store_name, store.rls_user_id, store.is_online

    def _type_rows(self) -> Iterator[Row]:
        for (category, name), number in self.catalogue.types.items():
            yield number, self.catalogue.categories[category], name

    def _product_rows(self) -> Iterator[Row]:
        for product in self.catalogue.products:
            yield (
                *(product.product_id, product.sku, product.product_name, product.category_id, product.type_id),
                *(dollars(product.cost), dollars(product.base_price), "33.00", product.description),
            )

    def _customer_rows(self) -> Iterator[Row]:
        random = _random("customers")
        first_order: dict[int, date] = {}
        for customer, _, day in self._orders:
            first_order.setdefault(customer, day)
        for number, home in enumerate(self._homes, 1):
            first = _one_of(random, self.catalogue.first_names)
            last = _one_of(random, self.catalogue.last_names)
            signed_up = first_order.get(number, date(2020, 1, 1) + timedelta(_below(random, 2500)))
            phone = f"({_one_of(random, AREA_CODES)}) 555-01{_below(random, 100):02}"
            email = f"{first}.{last}.{number}@example.com".lower()
            yield number, first, last, email, phone, home.store_id, f"{signed_up} 09:00+00"

    def _inventory_rows(self) -> Iterator[Row]:
        random = _random("inventory")
        for store in self.catalogue.stores:
            most = 20 + 4 * store.customer_weight
            for product in self.catalogue.products:
                sold_out = random.random() < 0.03
                yield store.store_id, product.product_id, 0 if sold_out else 1 + _below(random, most)

    def _item_rows(self) -> Iterator[Row]:
        random = _random("items")
        baskets = [self._basket(month) for month in range(1, 13)]
        pieces = {
            store.store_id: _wheel(_scaled(PIECES_PER_ITEM, store.order_value)) for store in self.catalogue.stores
        }
        low, high = DISCOUNT_PERCENT
        number = 0
        for order_id, ((_, store_id, day), items) in enumerate(
            zip(self._orders, _item_counts(len(self._orders), random), strict=True), 1
        ):
            for _ in range(items):
                number += 1
                product = baskets[day.month - 1].pick(random)
                quantity = pieces[store_id].pick(random)
                percent = low + _below(random, high - low + 1) if random.random() < DISCOUNTED_SHARE else 0
                full = product.base_price * quantity
                discount = (full * percent + 50) // 100
                yield (
                    *(number, order_id, store_id, product.product_id, quantity, dollars(product.base_price)),
                    *(percent, dollars(discount), dollars(full - discount)),
                )

    def _basket(self, month: int) -> "_Wheel[Product]":
        """Products by popularity in a month: some sell far more than others, and each season has its categories."""
        random = _random("popularity")
        popularity = [1 / (0.05 + random.random()) for _ in self.catalogue.products]
        return _Wheel(
            self.catalogue.products,
            [
                weight * (SEASON_FACTOR if month in SEASONS.get(product.category_name, ()) else 1)
                for product, weight in zip(self.catalogue.products, popularity, strict=True)
            ],
        )


class _Wheel[T]:
    """Draws an item with a probability that is proportional to its weight."""

    def __init__(self, items: list[T], weights: list[float]) -> None:
        self._items = items
        self._bounds = list(accumulate(weights))
        self._last = len(items) - 1
        self._total = self._bounds[-1]

    def pick(self, random: Random) -> T:
        return self._items[bisect(self._bounds, random.random() * self._total, 0, self._last)]


def apportion(total: int, weights: Iterable[float]) -> list[int]:
    """Whole shares of total in the ratio of the weights; the largest remainders get what rounding leaves."""
    ratio = list(weights)
    exact = [total * weight / sum(ratio) for weight in ratio]
    whole = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (whole[index] - exact[index], index))
    for index in by_remainder[: total - sum(whole)]:
        whole[index] += 1
    return whole


@cache  # few amounts, many rows
def dollars(cents: int) -> str:
    """Cents as PostgreSQL reads a numeric(…, 2)."""
    return f"{cents // 100}.{cents % 100:02}"


def _item_counts(orders: int, random: Random) -> list[int]:
    """Items of each order, drawn and then mended at evenly spread orders until the sum is ORDER_ITEMS."""
    wheel = _wheel(ITEMS_PER_ORDER)
    counts = [wheel.pick(random) for _ in range(orders)]
    most = max(ITEMS_PER_ORDER)
    missing = ORDER_ITEMS - sum(counts)
    step = 1 if missing > 0 else -1
    for index in _shuffled(list(range(orders)), random):
        if not missing:
            break
        if 1 <= counts[index] + step <= most:
            counts[index] += step
            missing -= step
    return counts


def _scaled(pieces: dict[int, float], order_value: float) -> dict[int, float]:
    """Stores with a higher order value sell larger quantities, not dearer pieces."""
    return {quantity: weight * (order_value if quantity > 1 else 1) for quantity, weight in pieces.items()}


def _wheel(weights: dict[int, float]) -> _Wheel[int]:
    return _Wheel(list(weights), list(weights.values()))


def _random(part: str) -> Random:
    """Only .random() of it is used: the one method whose sequence Python promises to keep."""
    return Random(f"{SEED} {part}")  # noqa: S311  # sample rows, not secrets


def _below(random: Random, bound: int) -> int:
    return int(random.random() * bound)


def _one_of[T](random: Random, items: Sequence[T]) -> T:
    return items[_below(random, len(items))]


def _shuffled[T](items: list[T], random: Random) -> list[T]:
    return [item for _, item in sorted(((random.random(), item) for item in items), key=lambda pair: pair[0])]
