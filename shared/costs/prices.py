"""The table of prices: list prices, some looked up and some remembered, each with its date and where it comes from."""

import csv
from dataclasses import dataclass
from pathlib import Path

from shared.errors import PricesUnreadable

TABLE = Path(__file__).with_name("prices.csv")


@dataclass(frozen=True)
class Price:
    """usd: for one of `per`. how: "looked up" or "remembered"."""

    name: str
    usd: float
    per: str
    as_of: str
    how: str
    source: str


def read_prices(path: Path = TABLE) -> dict[str, Price]:
    """By name. Raises PricesUnreadable."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            prices = [_price(row) for row in csv.DictReader(file)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PricesUnreadable(f"{path} is no table of prices like shared/costs/prices.csv: {error}") from error
    if any(not 0 <= price.usd < 1_000_000 for price in prices):
        raise PricesUnreadable(f"{path} has a price that is none")
    return {price.name: price for price in prices}


def _price(row: dict[str, str]) -> Price:
    return Price(row["name"], float(row["usd"]), row["per"], row["as_of"], row["how"], row["source"])
