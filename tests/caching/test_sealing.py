"""Sealed bytes: good for one subject under one secret, as they were sealed."""

import pytest

from shared.keys.sealing import SPARE_BYTES, Seal

SECRET, PURPOSE = bytes(range(32)), b"a test"
SEAL = Seal(SECRET, PURPOSE)
OTHERS = {"secret": Seal(bytes(32), PURPOSE), "purpose": Seal(SECRET, b"another test")}


@pytest.mark.parametrize("value", [b"", b"value", bytes(100_000)])
def test_a_value_comes_back_and_cannot_be_read(value: bytes) -> None:
    sealed = SEAL.seal(b"subject", value)
    assert SEAL.opened(b"subject", sealed) == value
    assert len(sealed) == len(value) + SPARE_BYTES
    assert not value or value not in sealed


def test_each_byte_and_the_length_count() -> None:
    sealed = SEAL.seal(b"subject", b"value")
    for place in range(len(sealed)):
        assert SEAL.opened(b"subject", sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]) is None
        assert SEAL.opened(b"subject", sealed[:place]) is None
    assert SEAL.opened(b"subject", sealed + b"x") is None


def test_another_subject_secret_or_purpose_opens_nothing_and_has_another_name() -> None:
    sealed = SEAL.seal(b"subject", b"value")
    assert SEAL.opened(b"subject2", sealed) is None
    assert [other.opened(b"subject", sealed) for other in OTHERS.values()] == [None, None]
    names = {SEAL.name(b"subject"), SEAL.name(b"subject2"), *(other.name(b"subject") for other in OTHERS.values())}
    assert len(names) == 4


def test_equal_values_do_not_look_equal() -> None:
    assert SEAL.seal(b"subject", b"value") != SEAL.seal(b"subject", b"value")
