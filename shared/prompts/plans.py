"""What managers plan and look back on."""

from typing import Annotated

from pydantic import Field

from shared.choices import Choices
from shared.identity.caller import current_caller
from shared.prompts.definition import CategoryName, ScopedPrompt, prompt, quoted, words

MAX_BUDGET = 10_000_000


def plan_prompts(choices: Choices) -> list[ScopedPrompt]:
    """The prompts of this subject."""

    async def campaign_planning(
        category: CategoryName,
        budget: Annotated[float | None, Field(description="US dollars, without a sign", gt=0, le=MAX_BUDGET)] = None,
    ) -> str:
        """A campaign for a category: when it sells, which products to put in front, what to offer with them."""
        name = await choices.category_named(current_caller.get(), category)
        amount = "not given: propose two sizes" if budget is None else f"{budget:,.2f} US dollars"
        return words("campaign_planning", category=quoted(name), budget=amount)

    async def year_end_review(
        year: Annotated[
            int | None, Field(description="As 2025; without it, the last whole year", ge=2000, le=2100)
        ] = None,
    ) -> str:
        """A year of all your stores: sales, margin, seasons, products and customers, against the year before."""
        return words("year_end_review", period=quoted("last_year" if year is None else str(year)))

    return [
        prompt(campaign_planning, "Campaign planning", icon="sales"),
        prompt(year_end_review, "Year-end review", icon="calendar"),
    ]
