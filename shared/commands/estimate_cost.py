"""`python -m shared estimate-cost`: a month of a deployment by list prices, for the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from shared.commands.sentences import ended
from shared.commands.status import Status
from shared.commands.terminal import print_document, print_lines
from shared.costs.estimate import Line, Profile, Use, estimate
from shared.costs.prices import TABLE, read_prices

CALCULATOR = "https://azure.microsoft.com/pricing/calculator/"
AT_ONCE = 16
"""Most calls that an instance is given."""


def estimate_cost(use: Use, profile: Profile, *, table: Path | None, as_json: bool) -> Status:
    """WRONG_USE where the table cannot be read."""

    def run() -> Status:
        prices = read_prices(table or TABLE)
        lines = estimate(use, profile, prices)
        if as_json:
            listed = [
                {"what": each.what, "quantity": each.quantity, "usd": each.usd, "price": asdict(each.price)}
                for each in lines
            ]
            print_document({"usd_a_month": _sum(lines), "lines": listed})
        else:
            bounds = [_sum(estimate(replace(use, concurrent=number), profile, prices)) for number in (AT_ONCE, 1)]
            print_lines(*_bill(lines, use, profile, bounds), _whence(lines, table))
        return Status.DONE

    return ended("estimate-cost", run, as_json=as_json)


def _bill(lines: Sequence[Line], use: Use, profile: Profile, bounds: Sequence[float]) -> Iterator[str]:
    for each in lines:
        times = f"{_number(each.quantity)} × ${_price(each.price.usd)} per {each.price.per}"
        yield f"{each.what:<24}{_dollars(each.usd):>8}   {times}"
    yield f"{'a month':<24}{_dollars(_sum(lines)):>8}   ({profile}, {use.calls:,.0f} calls)"
    yield f"Between {_dollars(bounds[0])}, {AT_ONCE} calls at a time, and {_dollars(bounds[1])}, each alone."


def _sum(lines: Sequence[Line]) -> float:
    return sum(each.usd for each in lines)


def _dollars(usd: float) -> str:
    return "under $1" if 0 < usd < 1 else f"${usd:,.0f}"


def _number(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:g}"


def _price(usd: float) -> str:
    return f"{usd:.7f}".rstrip("0").rstrip(".")


def _whence(lines: Sequence[Line], table: Path | None) -> str:
    dates = sorted(each.price.as_of for each in lines)
    remembered = [each.what for each in lines if each.price.how == "remembered"]
    unsure = f"; remembered and not looked up: {', '.join(remembered)}" if remembered else ""
    return (
        f"List prices of {dates[0]} to {dates[-1]} in US dollars, of more than one region{unsure}. They change: hold "
        f"them against {CALCULATOR} and write yours into a copy of {table or TABLE.name} (--prices). "
        "Without taxes, discounts, free grants, outgoing data and alerts."
    )
