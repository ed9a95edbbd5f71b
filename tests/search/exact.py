"""What a search by meaning should find, by comparing with every product."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from psycopg.rows import class_row

from local.minilm import MiniLM
from tests.conftest import Database

DIMENSIONS = 1536

type Cosines = dict[int, float]


@dataclass(frozen=True)
class Stocked:
    """A product. stock: pieces by store."""

    product_id: int
    category: str
    price: float
    stock: dict[str, int]


@dataclass(frozen=True)
class Catalogue:
    """The products of a database, with the vectors that the laptop's model made of them."""

    database: Database
    model: MiniLM

    @cached_property
    def products(self) -> dict[int, Stocked]:
        """By number."""
        with self.database.as_superuser() as superuser, superuser.cursor(row_factory=class_row(Stocked)) as cursor:
            cursor.execute(
                "SELECT product_id, category_name AS category, base_price::float AS price,"
                " jsonb_object_agg(store_id, stock_level) AS stock FROM retail.products JOIN retail.categories"
                " USING (category_id) LEFT JOIN retail.inventory USING (product_id) GROUP BY 1, 2, 3"
            )
            return {product.product_id: product for product in cursor.fetchall()}

    @cached_property
    def vectors(self) -> "tuple[list[int], np.ndarray[Any, Any]]":
        """Numbers of products, and a row for each."""
        with self.database.as_superuser() as superuser:
            rows = superuser.execute(
                "SELECT product_id, description_embedding::real[] FROM retail.product_description_embeddings"
            ).fetchall()
        return [number for number, _ in rows], np.array([vector for _, vector in rows], np.float64)

    def cosines(self, text: str) -> Cosines:
        """Of all products, by number."""
        numbers, matrix = self.vectors
        vector = self.model.embed(text, DIMENSIONS).vector.astype(np.float64)
        lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
        return dict(zip(numbers, (matrix @ vector / lengths).tolist(), strict=True))


def nearest(cosines: Cosines, most: int) -> list[int]:
    """The numbers with the highest cosines, highest first."""
    return sorted(cosines, key=lambda number: (-cosines[number], number))[:most]
