"""How each type of recommendation is made: what it needs, its statement, and what the result says of it."""

from dataclasses import dataclass
from typing import Literal

from shared.database.queries import named_queries

type RecommendationType = Literal["similar_products", "customer_based", "trending", "cross_sell"]

SUPPORT = 3
"""Orders, customers or sales that a recommendation rests on at least; fewer may be chance."""
SMOOTHING = 20
"""Pieces added to both periods before growth is measured."""
LEAST_GROWTH = 25
"""Per cent, from which on growth is a trend."""


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """One type. parts: statements of sql/queries/recommendations.sql by the names of CTEs."""

    needs: Literal["product_id", "customer_id"] | None
    dated: bool
    """Whether it looks at the orders of a period."""
    compares: bool = False
    """Whether it looks at the period before, too."""
    parts: dict[str, str]
    method: str
    basis: str = ""
    """For format() in SQL: orders or customers with both products, those with the chosen one, its name, the lift."""
    nothing: str
    """Why there may be no product, without a full stop."""

    def statement(self) -> str:
        """The ranking with what it needs, and the products that it names."""
        queries = named_queries("recommendations")
        parts = ",\n".join(f"{name} AS (\n{queries[part]}\n)" for name, part in self.parts.items())
        return f"WITH {parts}\n{queries['products']}"

    def parameters(self, days: int) -> dict[str, object]:
        """What the statement takes beside what it was asked for."""
        return {
            "basis": self.basis,
            "days_before": days if self.compares else 0,
            "support": SUPPORT,
            "smoothing": SMOOTHING,
            "least_growth": LEAST_GROWTH,
        }


RANKINGS: dict[RecommendationType, Ranking] = {
    "similar_products": Ranking(
        needs="product_id",
        dated=False,
        parts={"ranked": "near_in_meaning"},
        method="Nearest descriptions; score: cosine similarity of their embeddings, per cent.",
        nothing="No other product has an embedding",
    ),
    "customer_based": Ranking(
        needs="customer_id",
        dated=True,
        parts={
            "chosen": "all_of_the_customer",
            "lines": "lines",
            "baskets": "other_customers_as_baskets",
            "ranked": "associated",
        },
        method="Bought by customers who bought the same, not yet by this one; score: evidence that this is more than"
        " chance (log-likelihood ratio, summed over the customer's products).",
        basis="bought by %1$s of the %2$s other customers who bought %3$s, %4$s times as many as by chance",
        nothing=f"No product was bought by {SUPPORT} other customers together with one of this customer's, and more"
        " often than by chance",
    ),
    "trending": Ranking(
        needs=None,
        dated=True,
        compares=True,
        parts={"lines": "lines", "ranked": "trending"},
        method="Sells more than in as many days before; score: growth in per cent, of pieces or revenue, whichever grew"
        f" less, with {SMOOTHING} pieces added to both periods.",
        nothing=f"No product sold {SUPPORT} times and grew by {LEAST_GROWTH} % in pieces and in revenue",
    ),
    "cross_sell": Ranking(
        needs="product_id",
        dated=True,
        parts={"chosen": "the_product", "lines": "lines", "baskets": "orders_as_baskets", "ranked": "associated"},
        method="Bought together in one order; score: evidence that this is more than chance (log-likelihood ratio);"
        " below 4 it may well be chance.",
        basis="bought together in %1$s of %2$s orders, %4$s times as often as by chance",
        nothing=f"No other product is in {SUPPORT} orders with it, and more often than by chance",
    ),
}
WITHOUT_EMBEDDING = Ranking(
    needs="product_id",
    dated=False,
    parts={"ranked": "near_in_price"},
    method="Same type and near in price, for the product has no embedding yet; score: the lower price in per cent of"
    " the higher.",
    nothing="No other product is of the same type",
)
"""In place of similar_products, until the product's description is embedded."""
