"""Texts become the numbers that the reference tokenizer gives them."""

import json
from pathlib import Path

import pytest

from local.wordpiece import WordPiece

GOLDEN = Path(__file__).with_name("tokens.golden")
"""A text a line, with its numbers by BertNormalizer, BertPreTokenizer and WordPiece of tokenizers 0.23.3."""


@pytest.fixture(scope="module")
def wordpiece() -> WordPiece:
    return WordPiece()


def test_texts_of_all_scripts_have_the_references_numbers(wordpiece: WordPiece) -> None:
    golden = [json.loads(line) for line in GOLDEN.read_text(encoding="ascii").splitlines()]
    assert len(golden) == 33
    for text, numbers in golden:
        assert wordpiece.encode(text) == numbers, text


def test_half_a_character_is_none(wordpiece: WordPiece) -> None:
    assert wordpiece.encode("sa\ud83dw") == wordpiece.encode("saw")
