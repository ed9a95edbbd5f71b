"""Catalogues to search, in the database and in memory: the sample's 424 products, or many more like them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

import numpy as np
import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector

from local.embedding_model import MODEL

MANY = 50_000
SEED = 20
NOISE = 0.03
"""Of each of the model's 384 numbers: together a little more than half of a vector's length."""
ROWS_A_STEP = 2_500

INDEX = "retail.product_description_embeddings_by_distance"

type Floats = np.ndarray[Any, np.dtype[np.float32]]
type Show = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Product:
    """What products are mixed of."""

    sku: str
    name: str
    description: str
    category_id: int
    type_id: int
    base_price: float


@dataclass(frozen=True)
class Catalogue:
    """What the database holds, for exact answers: a row a product in each."""

    product_ids: np.ndarray[Any, np.dtype[np.int64]]
    categories: np.ndarray[Any, np.dtype[np.str_]]
    prices: np.ndarray[Any, np.dtype[np.float64]]
    vectors: Floats

    def __len__(self) -> int:
        return len(self.product_ids)


def catalogue_of(connection: psycopg.Connection[Any]) -> Catalogue:
    """As a superuser sees it."""
    _know_vectors(connection)
    rows = connection.execute(
        "SELECT product_id, category_name, base_price::float, description_embedding FROM retail.products"
        " JOIN retail.categories USING (category_id) JOIN retail.product_description_embeddings USING (product_id)"
        " ORDER BY product_id",
        binary=True,
    ).fetchall()
    ids, categories, prices, vectors = zip(*rows, strict=True)
    return Catalogue(
        np.array(ids), np.array(categories), np.array(prices), np.array([vector.to_numpy() for vector in vectors])
    )


def grow(connection: psycopg.Connection[Any], show: Show) -> None:
    """Makes MANY products of those that are there, the same at every run, by the triggers that any import meets.

    Each is a mix of two, in its words and in its vector, the nearer to the first. With noise, a vector has neighbours
    about as near as the sample's have; its words are the sample's own, so that common ones are as common.
    The connection is a superuser's, as COPY into a table under row-level security has it.
    """
    _know_vectors(connection)
    chance = np.random.default_rng(SEED)
    sample = catalogue_of(connection)
    products = [Product(*row) for row in connection.execute(
        "SELECT sku, product_name, product_description, category_id, type_id, base_price::float FROM retail.products"
        " ORDER BY product_id"
    )]  # fmt: skip
    pairs = chance.integers(0, len(sample), (MANY - len(sample), 2))
    first = int(sample.product_ids.max()) + 1
    product_ids = range(first, first + len(pairs))

    columns = "product_id, sku, product_name, category_id, type_id, cost, base_price, product_description"
    rows = (
        (product_id, f"{products[one].sku[:2]}-{product_id:06}", *_mixed(products[one], products[other], factor))
        for product_id, (one, other), factor in zip(product_ids, pairs, chance.uniform(0.5, 2, len(pairs)), strict=True)
    )
    _copy(connection, f"retail.products ({columns})", rows, len(pairs), show)
    _copy(connection, "retail.inventory (store_id, product_id, stock_level)",
          ((1, product_id, 5) for product_id in product_ids), len(pairs), show)  # fmt: skip

    # An index of so many vectors is made behind them in a quarter of the time.
    [[definition]] = connection.execute("SELECT pg_get_indexdef(%s::regclass)", (INDEX,)).fetchall()
    connection.execute(f"DROP INDEX {INDEX}")
    vectors = _mixed_vectors(sample.vectors, pairs, chance)
    made = ((product_id, MODEL, Vector(vector)) for product_id, vector in zip(product_ids, vectors, strict=True))
    _copy(connection, "retail.product_description_embeddings (product_id, model, description_embedding)",
          made, len(pairs), show, types=("int4", "text", "vector"))  # fmt: skip
    show("building the index of vectors", len(pairs), len(pairs))
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute(definition)
    connection.execute("DELETE FROM ops.embedding_queue")
    connection.execute("VACUUM (ANALYZE)")


def _know_vectors(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET search_path = extensions")
    register_vector(connection)


def _mixed(one: Product, other: Product, factor: float) -> tuple[Any, ...]:
    """Half a name and half a description of each; kind and price of the first."""
    name = " ".join([*_half(one.name.split()), *_half(other.name.split())])
    description = f"{one.description.split('. ')[0].rstrip('.')}. {other.description.split('. ')[-1]}"
    price = round(one.base_price * factor, 2)
    return name, one.category_id, one.type_id, round(price * 0.67, 2), price, description


def _half(words: Sequence[str]) -> Sequence[str]:
    return words[: (len(words) + 1) // 2]


def _mixed_vectors(vectors: Floats, pairs: np.ndarray[Any, Any], chance: np.random.Generator) -> Iterator[Floats]:
    """Of unit length. The model's vectors end with zeros, and so do these."""
    used = int(np.flatnonzero(vectors.any(axis=0)).max()) + 1
    for some in batched(pairs, ROWS_A_STEP, strict=False):
        one, other = vectors[np.array(some)].swapaxes(0, 1)
        share = chance.uniform(0.5, 0.9, (len(some), 1))
        mixed = share * one + (1 - share) * other
        mixed[:, :used] += chance.normal(0, NOISE, (len(some), used))
        yield from (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)


def _copy(
    connection: psycopg.Connection[Any], into: str, rows: Iterable[tuple[Any, ...]], total: int, show: Show, *,
    types: Sequence[str] = (),
) -> None:  # fmt: skip
    """By a statement for each ROWS_A_STEP. types: to send them in binary."""
    done = 0
    for some in batched(rows, ROWS_A_STEP, strict=False):
        with connection.cursor().copy(f"COPY {into} FROM STDIN {'(FORMAT binary)' if types else ''}") as copy:
            copy.set_types(types)
            for row in some:
                copy.write_row(row)
        done += len(some)
        show(f"loading {into.partition(' ')[0]}", done, total)
