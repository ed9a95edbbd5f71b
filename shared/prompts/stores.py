"""What the manager of a store asks every week."""

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from shared.choices import Choices
from shared.identity.caller import current_caller
from shared.prompts.definition import ScopedPrompt, StoreName, prompt, quoted, words

FIRST_YEAR, LAST_YEAR = 2000, 2100
_DAY_OR_WEEK = re.compile(r"\d{4}-(?:W\d{2}|\d{2}-\d{2})", re.ASCII)


def _monday(week: str) -> date:
    """Of an ISO week or of the week that a day is in."""
    try:
        day = date.fromisoformat(week) if _DAY_OR_WEEK.fullmatch(week) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError("write a week as 2026-W46, or any day in it as 2026-11-12")
    return day - timedelta(day.weekday())


Week = Annotated[
    Annotated[date, BeforeValidator(_monday)] | None,
    Field(description="As 2026-W46, or any day in it as 2026-11-12; without it, the last 7 days"),
]


def store_prompts(choices: Choices) -> list[ScopedPrompt]:
    """The prompts of this subject."""

    async def named(store: str) -> dict[str, str]:
        found = await choices.store_named(current_caller.get(), store)
        return {"store": quoted(found.store_name), "store_id": str(found.store_id)}

    async def weekly_store_review(store: StoreName, week: Week = None) -> str:
        """A store's week for its manager: sales against the week before and a year ago, what moved them, what to do."""
        period = "last_7_days" if week is None else f"{week}/{week + timedelta(6)}"
        return words("weekly_store_review", **await named(store), period=quoted(period))

    async def inventory_check(store: StoreName) -> str:
        """A store's stock against what it sells: what runs out, what lies too long, what to order first."""
        return words("inventory_check", **await named(store))

    async def customer_follow_up(store: StoreName) -> str:
        """A store's good customers who have stopped coming, and what to offer each of them."""
        return words("customer_follow_up", **await named(store))

    return [
        prompt(weekly_store_review, "Weekly store review", icon="calendar"),
        prompt(inventory_check, "Inventory check", icon="products"),
        prompt(customer_follow_up, "Customer follow-up", icon="access"),
    ]
