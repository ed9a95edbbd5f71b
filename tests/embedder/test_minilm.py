"""The model's vectors: their length, and what they mean."""

import numpy as np
import pytest

from local.minilm import MOST_TOKENS, READ_TOKENS, MiniLM, TextTooLong

PRODUCTS = {
    "washer": "Faucet Washer Assortment: rubber washers and O-rings that stop a faucet from leaking.",
    "detector": "Stud Finder: finds wooden and metal framing behind drywall.",
    "primer": "Stain-Blocking Primer: covers smoke and water marks before the coat of paint.",
    "saw": "Circular Saw 7-1/4 in.: cuts plywood and boards straight and fast.",
    "hose": "Garden Hose 50 ft: carries water to lawn and flower beds.",
}


@pytest.mark.parametrize(
    ("question", "closest"),
    [
        ("my kitchen tap drips all night", "washer"),
        ("where in the wall can I hang a heavy shelf", "detector"),
        ("hide an ugly spot on the ceiling", "primer"),
        ("something to cut lumber with", "saw"),
        ("watering the plants in the yard", "hose"),
    ],
)
def test_a_question_is_closest_to_the_product_that_answers_it(model: MiniLM, question: str, closest: str) -> None:
    asked = model.embed(question, 1536).vector
    near = {name: float(model.embed(text, 1536).vector @ asked) for name, text in PRODUCTS.items()}
    assert max(near, key=near.__getitem__) == closest


@pytest.mark.parametrize("dimensions", [1, 256, 384, 1536])
def test_a_vector_is_as_long_as_asked_and_of_length_one(model: MiniLM, dimensions: int) -> None:
    vector = model.embed("claw hammer", dimensions).vector
    assert vector.shape == (dimensions,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_what_fills_a_vector_up_changes_no_distance(model: MiniLM) -> None:
    short, full = (
        [model.embed(text, dimensions).vector for text in ("claw hammer", "paint brush")] for dimensions in (384, 1536)
    )
    assert not full[0][384:].any()
    assert full[0] @ full[1] == pytest.approx(float(short[0] @ short[1]), abs=1e-6)


def test_the_first_256_tokens_are_what_counts(model: MiniLM) -> None:
    begun = "hammer " * (READ_TOKENS - 2)
    assert (model.embed(begun + "teapot", 384).vector == model.embed(begun, 384).vector).all()
    assert model.embed("teapot " + begun, 384).vector @ model.embed(begun, 384).vector < 0.999


def test_a_text_that_openai_would_not_take_is_refused(model: MiniLM) -> None:
    assert model.embed("saw " * (MOST_TOKENS - 2), 384).tokens == MOST_TOKENS
    with pytest.raises(TextTooLong):
        model.embed("saw " * (MOST_TOKENS - 1), 384)
