"""What was sold in the tests of recommendations: a store a type, so that what is right there is known exactly."""

from tests.conftest import Database
from tests.tools.planted_orders import Order, basket, customers_of

SEATTLE, TACOMA, SPOKANE, EVERETT, REDMOND, KIRKLAND = 1, 3, 4, 5, 6, 7

HAMMER, NAILS, TARP, BESTSELLER, RARE, TWICE, AVOIDED, FORMERLY, TIE_A, TIE_B = range(1, 11)
DRILL, BITS, GLUE, OWN = 21, 22, 23, 24
RISING, HARDLY, STEADY, CLEARANCE, DEARER, BULK, RISING_DEARER = range(41, 48)
EMBEDDED = {101: (1, 0), 102: (0.6, 0.8), 103: (0.8, 0.6), 104: (0.8, 0.6), 105: (0, 1), 106: (-1, 0)}


def all_orders(database: Database) -> list[Order]:
    """Of all four stores."""
    return [
        *cross_sell_orders(database),
        *customers_orders(database),
        *trending_orders(database),
        *too_few_orders(database),
    ]


def cross_sell_orders(database: Database) -> list[Order]:
    """200 orders of Kirkland, 20 with the hammer: among these 8 of 9 with nails, and 16 of 150 with the bestseller."""
    baskets: list[list[int]] = [[] for _ in range(200)]
    for product, places in {
        HAMMER: range(20),
        NAILS: range(12, 21),
        BESTSELLER: [*range(16), *range(20, 154)],
        RARE: range(1),
        TWICE: range(2),
        AVOIDED: [*range(3), *range(40, 140)],
        TIE_A: [*range(5, 9), *range(60, 80)],
        TIE_B: [*range(2, 6), *range(70, 90)],
        TARP: range(154, 200),
    }.items():
        for place in places:
            baskets[place].append(product)
    baskets[12].append(NAILS)  # a second line of the same
    buyers = customers_of(database, KIRKLAND, 200)
    # All of 90 days: the last one and 89 before it.
    orders = [
        basket(KIRKLAND, buyer, *products, days_ago=place % 90)
        for place, (buyer, products) in enumerate(zip(buyers, baskets, strict=True))
    ]
    return orders + [basket(KIRKLAND, buyer, HAMMER, FORMERLY, days_ago=90) for buyer in buyers[:10]]


def customers_orders(database: Database) -> list[Order]:
    """Who bought the drill in Everett buys bits. The first customer bought it two years ago, the second has both."""
    first, second, *others = customers_of(database, EVERETT, 62)
    return [
        basket(EVERETT, first, DRILL, OWN, days_ago=700),
        basket(EVERETT, second, DRILL, BITS, days_ago=5),
        # In two orders: it is the customer who bought both.
        *(basket(EVERETT, other, DRILL, OWN, days_ago=40) for other in others[:12]),
        *(basket(EVERETT, other, BITS, days_ago=20) for other in others[4:14]),
        *(basket(EVERETT, other, BESTSELLER, days_ago=10) for other in others[:50]),
        *(basket(EVERETT, other, GLUE) for other in others[50:]),
    ]


def trending_orders(database: Database) -> list[Order]:
    """Pieces a day in Spokane, before and after: the same orders on 20 days of each half."""
    [buyer] = customers_of(database, SPOKANE, 1)

    def days(product: int, pieces: int, price: float, days_ago: int, count: int = 20) -> list[Order]:
        return [Order(SPOKANE, buyer, [(product, pieces, price)], days_ago + day) for day in range(count)]

    return [
        *(days(RISING, 1, 10, 100) + days(RISING, 3, 10, 0)),
        *(days(HARDLY, 1, 10, 100, 1) + days(HARDLY, 1, 10, 0, 3)),
        *(days(STEADY, 5, 10, 100) + days(STEADY, 6, 10, 0)),
        *(days(CLEARANCE, 1, 30, 100) + days(CLEARANCE, 3, 10, 0)),
        *(days(DEARER, 1, 10, 100) + days(DEARER, 1, 30, 0)),
        *days(BULK, 60, 10, 0, 1),
        *(days(RISING_DEARER, 1, 10, 100) + days(RISING_DEARER, 2, 20, 0)),
        basket(SPOKANE, buyer, HAMMER, days_ago=800),
    ]


def too_few_orders(database: Database) -> list[Order]:
    """Ten days of Redmond, of which five can be compared with five before."""
    [buyer] = customers_of(database, REDMOND, 1)
    return [basket(REDMOND, buyer, HAMMER, days_ago=day) for day in (0, 9)]
