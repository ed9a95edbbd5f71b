"""The sample data is the original's in numbers, plausible in content, and the same each time."""

import hashlib
import itertools
from collections import Counter
from datetime import date
from difflib import SequenceMatcher

import pytest

from local.sample_data import DISCOUNT_PERCENT, SEASONS, YEAR_WEIGHTS, SampleData, apportion
from tests.conftest import Database

COUNTS = {
    "stores": 8,
    "categories": 9,
    "product_types": 89,
    "products": 424,
    "customers": 50_000,
    "inventory": 3_392,
    "orders": 197_665,
    "order_items": 414_241,
}
ORDERS = {1: 54995, 2: 36666, 3: 26064, 4: 9831, 5: 6492, 6: 5047, 7: 2975, 8: 55595}


@pytest.fixture(scope="module")
def data() -> SampleData:
    return SampleData()


@pytest.fixture(scope="module")
def again() -> SampleData:
    """A second generation."""
    return SampleData()


def test_every_table_has_its_number_of_rows(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        counts = {}
        for table in COUNTS:
            row = superuser.execute(f"SELECT count(*) FROM retail.{table}").fetchone()
            assert row is not None
            counts[table] = row[0]
        orders = superuser.execute("SELECT store_id, count(*) FROM retail.orders GROUP BY 1").fetchall()
    assert counts == COUNTS
    assert dict(orders) == ORDERS


@pytest.mark.parametrize("table", ["customers", "inventory", "orders", "order_items"])
def test_two_generations_are_the_same_to_the_byte(data: SampleData, again: SampleData, table: str) -> None:
    digests = [
        hashlib.sha256(repr(list(itertools.islice(source.rows(table), 20_000))).encode()).digest()
        for source in (data, again)
    ]
    assert digests[0] == digests[1]


def test_years_have_their_weights(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        years = dict(
            superuser.execute("SELECT extract(year FROM order_date)::int, count(*) FROM retail.orders GROUP BY 1")
        )
    assert sorted(years) == list(YEAR_WEIGHTS)
    total = sum(YEAR_WEIGHTS.values())
    for year, weight in YEAR_WEIGHTS.items():
        assert years[year] == pytest.approx(COUNTS["orders"] * weight / total, abs=8)


def test_categories_sell_more_in_their_season(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        rows = superuser.execute(
            "SELECT category_name, extract(month FROM order_date)::int, count(*)::float"
            " FROM retail.order_items JOIN retail.orders USING (store_id, order_id)"
            " JOIN retail.products USING (product_id) JOIN retail.categories USING (category_id) GROUP BY 1, 2"
        ).fetchall()
    by_month: Counter[int] = Counter()
    for _, month, count in rows:
        by_month[month] += count
    share = {(category, month): count / by_month[month] for category, month, count in rows}
    for category, months in SEASONS.items():
        within = sum(share[category, month] for month in months) / len(months)
        others = [month for month in range(1, 13) if month not in months]
        outside = sum(share[category, month] for month in others) / len(others)
        assert 1.5 < within / outside < 2.5, category


def test_money_adds_up(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        assert superuser.execute(
            "SELECT count(*) FROM retail.order_items WHERE discount_amount <> round(unit_price * quantity"
            " * discount_percent / 100, 2) OR total_amount <> unit_price * quantity - discount_amount"
        ).fetchone() == (0,)
        assert superuser.execute(
            "SELECT count(*) FROM retail.order_items i JOIN retail.products p USING (product_id)"
            " WHERE i.unit_price <> p.base_price"
        ).fetchone() == (0,)
        assert superuser.execute(
            "SELECT count(*) FROM retail.products WHERE base_price <> round(cost / 0.67, 2)"
        ).fetchone() == (0,)
        row = superuser.execute(
            "SELECT avg((discount_percent > 0)::int), min(discount_percent) FILTER (WHERE discount_percent > 0),"
            " max(discount_percent) FROM retail.order_items"
        ).fetchone()
    assert row is not None
    assert float(row[0]) == pytest.approx(0.15, abs=0.003)
    assert (row[1], row[2]) == DISCOUNT_PERCENT


def test_customers_belong_to_stores_by_weight_and_some_shop_elsewhere(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        homes = dict(superuser.execute("SELECT primary_store_id, count(*) FROM retail.customers GROUP BY 1"))
        row = superuser.execute(
            "SELECT avg((primary_store_id <> store_id)::int)"
            " FROM retail.orders JOIN retail.customers USING (customer_id)"
        ).fetchone()
    assert [homes[store] for store in range(1, 9)] == apportion(50_000, [30, 25, 20, 8, 7, 6, 4, 30])
    assert row is not None
    assert 0.02 < float(row[0]) < 0.10


def test_products_are_described_each_in_its_own_words(data: SampleData) -> None:
    products = data.catalogue.products
    names = {product.product_name for product in products}
    descriptions = [product.description for product in products]
    assert len(names) == len(set(descriptions)) == len({product.sku for product in products}) == 424
    assert all(12 <= len(text.split()) <= 45 for text in descriptions)
    openings = Counter(" ".join(text.split()[:3]) for text in descriptions)
    assert openings.most_common(1)[0][1] <= 2
    by_type: dict[int, list[str]] = {}
    for product in products:
        by_type.setdefault(product.type_id, []).append(product.description)
    assert len(by_type) == 89
    for texts in by_type.values():
        for one, other in itertools.combinations(texts, 2):
            assert SequenceMatcher(None, one, other).ratio() < 0.6


def test_every_order_has_items_of_its_own_store_on_its_day(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        assert superuser.execute(
            "SELECT count(*) FROM retail.orders o WHERE NOT EXISTS"
            " (SELECT FROM retail.order_items i WHERE (i.store_id, i.order_id) = (o.store_id, o.order_id))"
        ).fetchone() == (0,)
        days = superuser.execute("SELECT min(order_date), max(order_date) FROM retail.orders").fetchone()
        # Numbers follow the days, as they do in a shop.
        assert superuser.execute(
            "SELECT count(*) FROM (SELECT order_date < lag(order_date) OVER (ORDER BY order_id) AS back"
            " FROM retail.orders) o WHERE back"
        ).fetchone() == (0,)
    assert days == (date(2020, 1, 1), date(2026, 12, 31))


def test_foreign_keys_are_back_after_the_load(sample: Database) -> None:
    with sample.as_superuser() as superuser:
        row = superuser.execute(
            "SELECT count(*), count(*) FILTER (WHERE convalidated) FROM pg_constraint"
            " WHERE contype = 'f' AND connamespace = 'retail'::regnamespace"
        ).fetchone()
    assert row == (11, 11)


def test_new_rows_get_numbers_behind_the_samples(database: Database) -> None:
    with database.as_superuser() as superuser:
        row = superuser.execute(
            "INSERT INTO retail.orders (customer_id, store_id, order_date) VALUES (1, 1, now()) RETURNING order_id"
        ).fetchone()
    assert row == (197_666,)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(10, [1, 1, 1], [4, 3, 3]), (0, [1, 2], [0, 0]), (7, [0.5, 0.5], [4, 3]), (100, [1.0, 99.0], [1, 99])],
)
def test_apportion_gives_whole_shares_that_add_up(total: int, weights: list[float], shares: list[int]) -> None:
    assert apportion(total, weights) == shares
