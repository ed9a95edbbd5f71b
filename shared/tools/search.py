"""Products by what they are for."""

from typing import Annotated

from mcp.server.mcpserver.tools.base import Tool
from mcp.types import CallToolResult
from pydantic import Field

from shared.choices import Choices
from shared.errors import ValidationFault
from shared.identity.caller import current_caller
from shared.product_search import Found, Mode, ProductSearch, Wanted
from shared.tools.csv_text import csv_text
from shared.tools.definition import read_tool, result
from shared.tools.query_result import QueryResult

MAX_CHARACTERS = 1_000
MAX_ROWS = 100
MAX_PRICE = 10_000_000

type Price = Annotated[float, Field(ge=0, le=MAX_PRICE, allow_inf_nan=False)]


class FoundProducts(QueryResult):
    """Products, most relevant first, each with the stock in your stores."""

    mode: Mode = Field(description="How they were found")
    fallback: str | None = Field(description="Why not in the mode that was asked for; null when they were")


def search_tools(search: ProductSearch, choices: Choices) -> list[Tool]:
    """The tools of this subject."""

    async def semantic_search_products(
        query_description: Annotated[
            str,
            Field(
                description="What the product is or is for, in plain words, for example:"
                " something to stop water dripping from a tap",
                min_length=1,
                max_length=MAX_CHARACTERS,
            ),
        ],
        max_rows: Annotated[
            int,
            Field(description="Products to return at most; more are cut and marked as truncated", ge=1, le=MAX_ROWS),
        ] = 20,
        similarity_threshold: Annotated[
            float,
            Field(
                description="Per cent: what is less similar is left out, unless mode is hybrid and it has the words"
                " asked for. 20 to 80 is useful: a lower one finds more, a higher one what is closer. 0 leaves nothing"
                " out.",
                ge=0,
                le=100,
                allow_inf_nan=False,
            ),
        ] = 30.0,
        mode: Annotated[
            Mode,
            Field(description="semantic: by meaning. keyword: by words and product numbers. hybrid: both, and best"),
        ] = "hybrid",
        category: Annotated[
            str | None, Field(description="Only of this category, for example: Plumbing", max_length=200)
        ] = None,
        min_price: Annotated[Price | None, Field(description="Shelf price at least, US dollars")] = None,
        max_price: Annotated[Price | None, Field(description="Shelf price at most, US dollars")] = None,
        in_stock_only: Annotated[
            bool, Field(description="Only what one of your stores has on hand; needs sales.read")
        ] = False,
    ) -> Annotated[CallToolResult, FoundProducts]:
        """Find products by what they are for, with their stock in your stores.

        Understands plain descriptions, misspelled words and product numbers. What your stores have on hand comes first
        among equals. similarity_percent compares the meaning; it is empty where products were found by words alone.
        Stock is shown to tokens with the scope sales.read, and empty for others.
        """
        caller = current_caller.get()
        _check(query_description, category, min_price, max_price)
        found = await search.find(
            caller,
            Wanted(
                text=query_description,
                mode=mode,
                least_similarity=similarity_threshold / 100 or None,
                category=category,
                least_price=min_price,
                most_price=max_price,
                in_stock=in_stock_only,
            ),
            max_rows=max_rows,
        )
        if category is not None and not found.answer.rows:
            _check_category(category, await choices.categories(caller))
        return result(_as_text(found), FoundProducts.of(found.answer, mode=found.mode, fallback=found.fallback))

    return [read_tool(semantic_search_products, "Find products", "catalog.read", icon="search")]


def _check(text: str, category: str | None, min_price: float | None, max_price: float | None) -> None:
    for name, value in (("query_description", text), ("category", category or "")):
        if "\0" in value or not value.isascii() and _unpaired(value):
            raise ValidationFault(f"{name} holds characters that no text has.", "Send plain words.")
    if not text.strip():
        raise ValidationFault("query_description is empty.", "Describe what the product is for.")
    if min_price is not None and max_price is not None and min_price > max_price:
        raise ValidationFault("min_price is above max_price.", "Swap them or leave one out.")


def _unpaired(text: str) -> bool:
    """Half a character, which JSON can hold and UTF-8 cannot."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def _check_category(category: str, known: list[str]) -> None:
    if known and category.lower() not in map(str.lower, known):  # who sees no store sees none
        raise ValidationFault("There is no such category.", f"Use one of: {', '.join(known)}.")


def _as_text(found: Found) -> str:
    return "".join((f"{found.fallback}\n" if found.fallback else "", csv_text(found.answer)))
