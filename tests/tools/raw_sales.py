"""What was sold, line by line as the superuser sees it, and the same figures as the reports, worked out in Python."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from tests.conftest import Database


@dataclass(frozen=True)
class Line:
    """A line of an order. cost: of all its pieces; gross: before discount."""

    store_id: int
    order_id: int
    customer_id: int
    day: date
    product_id: int
    category: str
    pieces: int
    revenue: Decimal
    cost: Decimal
    gross: Decimal
    discount: Decimal

    @property
    def month(self) -> int:
        return self.day.month


class Sold(list[Line]):
    """Lines, and what they come to."""

    def within(self, stores: Iterable[int], first: date | str, last: date | str, category: str | None = None) -> "Sold":
        chosen, begin, end = set(stores), _day(first), _day(last)
        return Sold(
            line
            for line in self
            if line.store_id in chosen and begin <= line.day <= end and category in (None, line.category)
        )

    def by(self, *names: str) -> dict[tuple[object, ...], "Sold"]:
        groups: dict[tuple[object, ...], Sold] = {}
        for line in self:
            groups.setdefault(tuple(getattr(line, name) for name in names), Sold()).append(line)
        return groups

    @property
    def revenue(self) -> Decimal:
        return sum((line.revenue for line in self), Decimal(0))

    @property
    def margin(self) -> Decimal:
        return sum((line.revenue - line.cost for line in self), Decimal(0))

    @property
    def discount(self) -> Decimal:
        return sum((line.discount for line in self), Decimal(0))

    @property
    def pieces(self) -> int:
        return sum(line.pieces for line in self)

    @property
    def orders(self) -> int:
        return len({(line.store_id, line.order_id) for line in self})

    @property
    def customers(self) -> int:
        return len({line.customer_id for line in self})

    @property
    def average_basket(self) -> float | None:
        return cents(self.revenue / self.orders) if self else None

    @property
    def margin_percent(self) -> float | None:
        return share(self.margin, self.revenue)

    @property
    def discount_percent(self) -> float | None:
        return share(self.discount, sum((line.gross for line in self), Decimal(0)))


def sold_in(database: Database, since: str = "2000-01-01") -> Sold:
    """All stores' lines since a day."""
    query = (
        "SELECT o.store_id, o.order_id, o.customer_id, o.order_date, p.product_id, c.category_name, i.quantity,"
        " i.total_amount, i.quantity * p.cost, i.quantity * i.unit_price, i.discount_amount"
        " FROM retail.order_items i, retail.orders o, retail.products p, retail.categories c"
        " WHERE (o.store_id, o.order_id) = (i.store_id, i.order_id) AND p.product_id = i.product_id"
        " AND c.category_id = p.category_id AND o.order_date >= %s"
    )
    with database.as_superuser() as superuser:
        return Sold(Line(*row) for row in superuser.execute(query, (since,)))


def cents(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def tenths(value: Decimal | None) -> float | None:
    return None if value is None else float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


def share(part: Decimal, whole: Decimal, places: str = "0.1") -> float | None:
    """In per cent; None of nothing."""
    return float((100 * part / whole).quantize(Decimal(places), ROUND_HALF_UP)) if whole else None


def growth(value: Decimal | int, before: Decimal | int) -> float | None:
    return share(Decimal(value - before), Decimal(before))


def column(columns: Sequence[dict[str, str]], rows: Sequence[Sequence[object]], name: str) -> list[object]:
    place = [each["name"] for each in columns].index(name)
    return [row[place] for row in rows]


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
