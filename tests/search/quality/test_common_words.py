"""Where a question's words have more entries than are read: the answer is the one that reading all would give."""

import random

import pytest

from shared.database.schema import SQL_FOLDER
from tests.conftest import Database, MakeDatabase

PRODUCTS = 2_600
COMMON = (
    *("steel", "copper", "timber", "plastic", "rubber", "ceramic", "outdoor", "indoor", "garden", "kitchen"),
    *("bracket", "hinge", "handle", "ladder", "bucket", "brush", "roller", "sander", "chisel", "clamp"),
)
"""Of which each product has half."""
RARE, RARER = "zither", "quoin"


@pytest.fixture(scope="module")
def crowded(make_database: MakeDatabase) -> Database:
    """With products of common words, and few of the rare ones."""
    database = make_database()
    chance = random.Random(1)
    descriptions = [" ".join(chance.sample(COMMON, 10)) for _ in range(PRODUCTS)]
    with database.as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO retail.products"
            " (sku, product_name, category_id, type_id, cost, base_price, product_description)"
            " SELECT 'T-' || number, 'Thing', 1, 1, 1, 2, description"
            " || CASE WHEN number %% 20 = 0 THEN ' zither' ELSE '' END"
            " || CASE WHEN number %% 130 = 0 THEN ' quoin' ELSE '' END"
            " FROM unnest(%s::text[]) WITH ORDINALITY AS one (description, number)",
            (descriptions,),
        )
    return database


@pytest.mark.parametrize(
    "asked", [" ".join([RARE, RARER, *COMMON]), " ".join([RARE, *COMMON]), " ".join(COMMON[:1]), f"{RARE} {RARER}"]
)
def test_common_words_tell_between_what_the_rarer_words_found(crowded: Database, asked: str) -> None:
    with crowded.as_superuser() as superuser, superuser.transaction(force_rollback=True):
        [products] = superuser.execute("SELECT count(*) FROM retail.products").fetchall()
        asked_of_all = asked, *products
        limited = superuser.execute("SELECT * FROM ops.products_by_words(%s, NULL, %s, 50)", asked_of_all).fetchall()
        function = (SQL_FOLDER / "functions/products_by_words.sql").read_text()
        assert "integer := 20000" in function
        superuser.execute(function.replace("integer := 20000", "integer := 2000000000").encode())
        complete = superuser.execute("SELECT * FROM ops.products_by_words(%s, NULL, %s, 50)", asked_of_all).fetchall()
    assert [row[0] for row in limited[:10]] == [row[0] for row in complete[:10]]
    assert [row[1] for row in limited[:10]] == pytest.approx([row[1] for row in complete[:10]])
