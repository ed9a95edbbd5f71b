"""What to offer besides: products like another, bought with it, for a customer, or selling more and more."""

from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from shared.database.queries import named_queries
from shared.errors import ValidationFault
from shared.identity.caller import current_caller
from shared.invocation import Answer, Door
from shared.tools.csv_text import csv_text
from shared.tools.definition import read_tool, result
from shared.tools.rankings import RANKINGS, WITHOUT_EMBEDDING, Ranking, RecommendationType

DEFAULT_DAYS = 90
MAX_DAYS = 365
DEFAULT_RESULTS = 10
MAX_RESULTS = 50
MAX_NUMBER = 2**31 - 1
"""PostgreSQL's integer."""


class RecommendedProduct(BaseModel):
    """A product, why it is recommended, and what of it is in your stores."""

    product_id: int
    sku: str
    name: str
    category: str
    price: float = Field(description="Shelf price before discounts, US dollars a piece")
    score: float = Field(description="Higher is better; what it measures is said by method")
    basis: str = Field(description="What the recommendation rests on")
    stock_level: int = Field(description="Pieces on hand in your stores")
    stores_with_stock: int = Field(description="How many of your stores have it")


class Recommendations(BaseModel):
    """Products, best first."""

    recommendation_type: RecommendationType
    method: str = Field(description="How they were found, and what the score measures")
    period_start: str | None = Field(description="First day of the orders looked at, ISO 8601; null where none matter")
    period_end: str | None = Field(description="Last day: that of the latest order that you see")
    products: list[RecommendedProduct]
    row_count: int = Field(description="Number of products returned here")
    truncated: bool = Field(description="True when there are more than max_results")
    nothing_because: str | None = Field(description="Why there is no product; null when there is one")


class Occasion(BaseModel):
    """What the caller sees of what the recommendation is for."""

    period_start: str | None
    period_end: str | None
    comparable: bool | None
    product_name: str | None
    product_embedded: bool
    product_bought: bool
    customer_known: bool
    customer_bought: bool


def recommendation_tools(door: Door) -> list[Tool]:
    """The tools of this subject."""

    async def get_product_recommendations(
        recommendation_type: Annotated[
            RecommendationType,
            Field(
                description="similar_products: like product_id. cross_sell: in the same orders as product_id."
                " customer_based: for customer_id, from customers who bought the same. trending: growing sales."
            ),
        ],
        product_id: Annotated[
            int | None, Field(description="For similar_products and cross_sell only", ge=1, le=MAX_NUMBER)
        ] = None,
        customer_id: Annotated[int | None, Field(description="For customer_based only", ge=1, le=MAX_NUMBER)] = None,
        days: Annotated[
            int,
            Field(
                description="Look at orders of so many days up to the latest that you see; not for similar_products",
                ge=1,
                le=MAX_DAYS,
            ),
        ] = DEFAULT_DAYS,
        max_results: Annotated[
            int,
            Field(description="Products to return at most; more are cut and marked as truncated", ge=1, le=MAX_RESULTS),
        ] = DEFAULT_RESULTS,
        in_stock_only: Annotated[bool, Field(description="Only what one of your stores has on hand")] = False,
    ) -> Annotated[CallToolResult, Recommendations]:
        """Recommend products: like another one, bought together with it, for a customer, or trending.

        Computed from the orders of your own stores, with the stock that these have; other stores' rows play no part.
        Each product says what it rests on; where there is none, the result says why.
        """
        asked: dict[str, object] = {"product_id": product_id, "customer_id": customer_id, "days": days}
        ranking = RANKINGS[recommendation_type]
        _check_arguments(recommendation_type, ranking, asked)
        occasion = await _occasion(door, ranking, asked)
        if recommendation_type == "similar_products" and not occasion.product_embedded:
            ranking = WITHOUT_EMBEDDING
        seen = occasion.model_dump(include={"product_name", "period_start", "period_end"})
        parameters = asked | seen | ranking.parameters(days) | {"in_stock_only": in_stock_only}
        answer = await door.read(current_caller.get(), ranking.statement(), parameters, max_rows=max_results)
        found = Recommendations(
            recommendation_type=recommendation_type,
            method=ranking.method,
            period_start=occasion.period_start,
            period_end=occasion.period_end,
            products=[RecommendedProduct.model_validate(record) for record in answer.records()],
            row_count=len(answer.rows),
            truncated=answer.truncated,
            nothing_because=None if answer.rows else _nothing_because(ranking, occasion, in_stock_only),
        )
        return result(_as_text(found, answer), found)

    return [read_tool(get_product_recommendations, "Recommend products", "sales.read", icon="products")]


def _check_arguments(recommendation_type: RecommendationType, ranking: Ranking, asked: dict[str, object]) -> None:
    """An argument that would change nothing is refused, too: whoever gives it expects something of it."""
    if ranking.needs and asked[ranking.needs] is None:
        raise ValidationFault(f"{recommendation_type} needs {ranking.needs}.", f"Give {ranking.needs} and call again.")
    idle = [name for name in ("product_id", "customer_id") if asked[name] is not None and name != ranking.needs]
    if not ranking.dated and asked["days"] != DEFAULT_DAYS:
        idle.append("days")
    if idle:
        takes = ranking.needs or "neither product_id nor customer_id"
        raise ValidationFault(
            f"{recommendation_type} has no use for {' and '.join(idle)}.",
            f"Call again without; {recommendation_type} takes {takes}.",
        )


async def _occasion(door: Door, ranking: Ranking, asked: dict[str, object]) -> Occasion:
    """Raises ValidationFault, in the same words, for a customer of others and for one that is not there."""
    statement = named_queries("recommendations")["occasion"]
    parameters = asked | {"dated": ranking.dated}
    answer = await door.read(current_caller.get(), statement, parameters, max_rows=1)
    occasion = Occasion.model_validate(answer.records()[0])
    if ranking.needs == "product_id" and occasion.product_name is None:
        raise ValidationFault("You see no product of this product_id.", "Take one from retail.products.")
    if ranking.needs == "customer_id" and not occasion.customer_known:
        raise ValidationFault("You see no customer of this customer_id.", "Take one from retail.customers.")
    if ranking.compares and occasion.comparable is False:
        raise ValidationFault(
            f"The orders that you see do not begin early enough to compare {asked['days']} days with those before.",
            "Give fewer days.",
        )
    return occasion


def _nothing_because(ranking: Ranking, occasion: Occasion, in_stock_only: bool) -> str:
    if ranking.dated and occasion.period_end is None:
        return "You see no orders."
    if ranking.dated and ranking.needs == "product_id" and not occasion.product_bought:
        return "The product is in no order of the period."
    if ranking.needs == "customer_id" and not occasion.customer_bought:
        return "The customer has bought nothing in your stores."
    return ranking.nothing + (", or none of them is in stock in your stores." if in_stock_only else ".")


def _as_text(found: Recommendations, answer: Answer) -> str:
    period = f"Orders from {found.period_start} to {found.period_end}.\n" if found.period_end else ""
    return f"{found.method}\n{period}{found.nothing_because or csv_text(answer)}"
