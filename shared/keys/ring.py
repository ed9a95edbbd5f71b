"""Which version of a key signs and which only verify: decided by age, so that instances agree without asking."""

from collections.abc import Sequence
from itertools import pairwise

from shared.vault import Secret

SPREAD_SECONDS = 600
"""By then every instance has read a new version: each asks after five minutes, and clocks differ a little."""


def ring(keys: Sequence[Secret], now: float) -> list[Secret]:
    """The version that signs, then older ones, then those that are too new to sign.

    keys: at least one, newest first. now: in epoch seconds, as their age is. While all are too new, the oldest signs.
    """
    signer = next((at for at, key in enumerate(keys) if _is_everywhere(key, now)), len(keys) - 1)
    return [*keys[signer:], *keys[:signer]]


def outlived(keys: Sequence[Secret], now: float, holds: float) -> list[Secret]:
    """The versions that have signed nothing that may still be brought back.

    keys: newest first. holds: how many seconds what they sign is good for. A version signs until the next one is
    everywhere; the margin is for clocks, and for an instance that is late.
    """
    return [old for new, old in pairwise(keys) if _is_everywhere(new, now - holds - SPREAD_SECONDS)]


def _is_everywhere(key: Secret, now: float) -> bool:
    return key.created <= now - SPREAD_SECONDS
