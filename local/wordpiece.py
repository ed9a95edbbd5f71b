"""BERT's uncased WordPiece: a text in, the numbers of its pieces out, as the reference tokenizer gives them.

The vocabulary, minilm_vocab.txt, is `vocab.txt` of Google's bert-base-uncased (github.com/google-research/bert,
Apache-2.0), which MiniLM shares: a piece a line, its number the line's; `##` continues a word.
"""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

VOCABULARY = Path(__file__).with_name("minilm_vocab.txt")
LONGEST_WORD = 100
"""Characters of the longest word that is taken apart; a longer one is unknown as a whole."""
REMOVED = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Categories of characters that nobody sees."""
IDEOGRAPHS = (
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F)),
    *((0x2B740, 0x2B81F), (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F)),
)
"""Where each character is a word; the reference begins one of the blocks late, and so does this."""


class WordPiece:
    """A vocabulary, and how texts are written in it."""

    def __init__(self, vocabulary: Path = VOCABULARY) -> None:
        pieces = vocabulary.read_text(encoding="utf-8").rstrip("\n").split("\n")
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        self._begin, self._end, self._unknown = (self._numbers[piece] for piece in ("[CLS]", "[SEP]", "[UNK]"))

    def encode(self, text: str) -> list[int]:
        """The whole text, between the marks of its beginning and its end."""
        return [self._begin, *(number for word in _words(text) for number in self._pieces(word)), self._end]

    def _pieces(self, word: str) -> list[int]:
        """From the left, the longest piece that the vocabulary has."""
        found: list[int] = []
        begin, end = 0, len(word) if len(word) <= LONGEST_WORD else 0
        while begin < end:
            number = self._numbers.get(("##" if begin else "") + word[begin:end])
            if number is None:
                end -= 1
            else:
                found.append(number)
                begin, end = end, len(word)
        return found if begin == len(word) else [self._unknown]


def _words(text: str) -> Iterator[str]:
    """Without accents and in lower case; each sign of punctuation and each ideograph is a word."""
    spaced = "".join(_cleaned(character) for character in text)
    for run in unicodedata.normalize("NFD", spaced).split():
        word = ""
        for character in run:
            if _is_punctuation(character):
                if word:
                    yield word
                yield character
                word = ""
            elif unicodedata.category(character) != "Mn":
                word += character.lower()  # one by one: a sigma at the end of a word stays as any other
        if word:
            yield word


def _cleaned(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if character == "\ufffd" or unicodedata.category(character) in REMOVED:
        return ""
    return f" {character} " if any(first <= ord(character) <= last for first, last in IDEOGRAPHS) else character


def _is_punctuation(character: str) -> bool:
    return character in "$+<=>^`|~" or unicodedata.category(character).startswith("P")
