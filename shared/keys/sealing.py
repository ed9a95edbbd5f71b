"""Bytes for a place that others may read and write: sealed for one name, and good under no other."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
SPARE_BYTES = _NONCE_BYTES + 16
"""What a sealed value is longer by: the nonce and the tag."""


class Seal:
    """AES-256-GCM, with a key of its own for each subject, derived from one secret key and a purpose."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._secret = hmac.digest(secret, purpose, hashlib.sha256)

    def name(self, subject: bytes) -> str:
        """Where the subject's value lies: it tells nothing of the subject."""
        return self._derived(b"name", subject).hex()

    def seal(self, subject: bytes, value: bytes) -> bytes:
        """The value as only opened() with the same subject reads it."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._derived(b"value", subject)).encrypt(nonce, value, subject)

    def opened(self, subject: bytes, sealed: bytes) -> bytes | None:
        """The value; None where these bytes were not sealed for this subject."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._derived(b"value", subject)).decrypt(nonce, text, subject)
        except (InvalidTag, ValueError):  # ValueError: too short
            return None

    def _derived(self, what: bytes, subject: bytes) -> bytes:
        return hmac.digest(self._secret, what + b"\0" + subject, hashlib.sha256)
