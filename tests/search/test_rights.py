"""What the search's own functions and tables give to who goes to them directly."""

from dataclasses import replace

import psycopg
import pytest

from local.embedding_model import MODEL
from local.minilm import MiniLM
from tests.conftest import KEY, Database, context_of
from tests.search.conftest import ClientOf
from tests.tools.calls import data_of, fault_of

pytestmark = pytest.mark.anyio

SEARCH = "SELECT * FROM access.search_products(%s, %s::text::extensions.vector, %s, NULL, NULL, NULL, NULL, NULL, 20)"


def contexts() -> dict[str, str | None]:
    good = context_of("kirkland")
    return {
        "none": None,
        "empty": "",
        "of somebody without a store": context_of("nobody"),
        "forged": f"{good[:-4]}{'0000' if good[-4:] != '0000' else '1111'}",
        "unsigned": good.rsplit("|", 1)[0],
        "expired": context_of("kirkland", seconds=-1),
        "of another key": context_of(
            "kirkland", key=replace(KEY, value="YW5vdGhlci1rZXktYW5vdGhlci1rZXktMDEyMzQ1Njc=")
        ),
    }


@pytest.mark.parametrize("by_meaning", [False, True])
def test_without_a_good_context_the_function_finds_nothing(
    embedded: Database, minilm: MiniLM, by_meaning: bool
) -> None:
    vector = str(minilm.embed("hammer", 1536).vector.tolist()) if by_meaning else None
    asked = ("hammer", vector, MODEL)
    for kind, context in contexts().items():
        with embedded.as_app(context) as app:
            assert app.execute(SEARCH, asked).fetchall() == [], kind
    with embedded.as_app(context_of("kirkland")) as app:
        assert len(app.execute(SEARCH, asked).fetchall()) == (20 if by_meaning else 9)


def test_the_callers_login_reads_nothing_of_ops(embedded: Database) -> None:
    with embedded.as_superuser() as superuser:
        relations = [
            name
            for (name,) in superuser.execute(
                "SELECT oid::regclass::text FROM pg_class"
                " WHERE relnamespace = 'ops'::regnamespace AND relkind IN ('r', 'v')"
            ).fetchall()
        ]
        assert {"ops.words", "ops.product_words", "ops.served_model", "ops.embedding_queue"} < {*relations}
    with embedded.as_app(context_of("head-office")) as app:
        for relation in relations:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(f"SELECT * FROM {relation}")
        for call in (
            "products_by_words('hammer', NULL, 424, 5)",
            "products_by_meaning(NULL, 'any', NULL, NULL, 424, 5)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(f"SELECT * FROM ops.{call}")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM access.search_products('x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 20)",
        "SELECT access.search_products('x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 20)",
        "SELECT search_products('x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 20)",
        "SELECT access.served_model()",
        "SELECT * FROM ops.products_by_words('x', NULL, 424, 5)",
        "SELECT * FROM ops.words",
        "SELECT model FROM ops.served_model",
    ],
)
async def test_a_callers_own_text_cannot_go_there(client_of: ClientOf, query: str) -> None:
    async with client_of("head-office") as client:
        assert (await fault_of(client, "execute_sales_query", postgresql_query=query))["code"] == "SQL_NOT_ALLOWED"


async def test_a_callers_own_text_reads_the_embeddings_as_a_table(client_of: ClientOf) -> None:
    async with client_of("kirkland") as client:
        data = await data_of(
            client,
            "execute_sales_query",
            postgresql_query="SELECT * FROM retail.product_description_embeddings LIMIT 1",
        )
        nearest = await data_of(
            client,
            "execute_sales_query",
            postgresql_query="SELECT other.product_id FROM retail.product_description_embeddings AS one"
            " CROSS JOIN retail.product_description_embeddings AS other WHERE one.product_id = 327"
            " ORDER BY one.description_embedding OPERATOR(extensions.<=>) other.description_embedding LIMIT 1",
        )
    assert [column["name"] for column in data["columns"]] == [
        *("product_id", "description_embedding", "model", "content_hash", "embedded_at")
    ]
    assert data["rows"][0][2] == MODEL
    assert nearest["rows"] == [[327]]


async def test_nobody_reads_no_embedding(client_of: ClientOf) -> None:
    async with client_of("nobody") as client:
        data = await data_of(
            client, "execute_sales_query", postgresql_query="SELECT * FROM retail.product_description_embeddings"
        )
    assert data["rows"] == []
