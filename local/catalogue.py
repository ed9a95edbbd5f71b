"""What people wrote of the sample data: stores, products and names, as the files of sql/sample/ hold them."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SAMPLE_FOLDER = Path(__file__).resolve().parent.parent / "sql" / "sample"

MARGIN = 0.67
"""Cost as a share of the shelf price: a gross margin of 33 %."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store of sql/sample/stores.csv."""

    store_id: int
    store_name: str
    rls_user_id: str
    is_online: bool
    customer_weight: int
    order_value: float
    order_count: int


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of sql/sample/products.csv with its numbers. Prices in cents."""

    product_id: int
    sku: str
    product_name: str
    category_id: int
    category_name: str
    type_id: int
    cost: int
    base_price: int
    description: str


class Catalogue:
    """Stores, categories, types and products with their numbers; the same files give the same numbers."""

    def __init__(self, folder: Path = SAMPLE_FOLDER) -> None:
        self.stores = [_store(record) for record in _records(folder / "stores.csv")]
        records = sorted(_records(folder / "products.csv"), key=lambda record: record["product_name"])
        self.categories = _numbered(record["category_name"] for record in records)
        self.types = _numbered((record["category_name"], record["type_name"]) for record in records)
        self.products = [self._product(number, record) for number, record in enumerate(records, 1)]
        self.first_names = (folder / "first_names.txt").read_text().split()
        self.last_names = (folder / "last_names.txt").read_text().split()

    def _product(self, number: int, record: dict[str, str]) -> Product:
        category = record["category_name"]
        initials = "".join(word[0] for word in category.split() if word.isalpha())
        cost = round(float(record["cost"]) * 100)
        return Product(
            product_id=number,
            sku=f"{initials:X<2}-{number:05}",
            product_name=record["product_name"],
            category_id=self.categories[category],
            category_name=category,
            type_id=self.types[category, record["type_name"]],
            cost=cost,
            base_price=round(cost / MARGIN),
            description=record["product_description"],
        )


def _numbered[T: (str, tuple[str, str])](names: Iterable[T]) -> dict[T, int]:
    return {name: number for number, name in enumerate(sorted(set(names)), 1)}


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _store(record: dict[str, str]) -> Store:
    return Store(
        store_id=int(record["store_id"]),
        store_name=record["store_name"],
        rls_user_id=record["rls_user_id"],
        is_online=record["is_online"] == "true",
        customer_weight=int(record["customer_weight"]),
        order_value=float(record["order_value"]),
        order_count=int(record["order_count"]),
    )
