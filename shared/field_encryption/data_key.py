"""A data key: it encrypts values of customers, and is itself stored wrapped by a key that only the vault has."""

import secrets

from shared.errors import SecretUnavailable
from shared.field_encryption.token import Field, Token
from shared.keys.sealing import Seal
from shared.vault import KEY_BYTES, Secret

SECRET = "field-encryption-key"  # noqa: S105  # its name
"""In the vault: 32 bytes in base64. It wraps data keys and encrypts nothing else."""
MAX_PLAIN_BYTES = 2000
"""Of a value as UTF-8; a longer one is no address and no number."""
_STEP = 48
"""Values are filled up to a multiple of so many bytes, so that length() of a token tells little of what is in it."""
_WRAPPING, _VALUES = b"zava data keys, first form", b"zava encrypted fields, first form"


class DataKey:
    """One of them, unwrapped. Nothing of it is in its repr."""

    def __init__(self, key_id: int, secret: bytes) -> None:
        self.key_id = key_id
        self._secret = secret
        self._seal = Seal(secret, _VALUES)

    @classmethod
    def new(cls, key_id: int) -> "DataKey":
        """From the system's source of randomness."""
        return cls(key_id, secrets.token_bytes(KEY_BYTES))

    @classmethod
    def unwrapped(cls, key_id: int, wrapped: bytes, wrapping: Secret) -> "DataKey | None":
        """None where these bytes are not this key, wrapped by that version. Raises SecretUnavailable for no key."""
        secret = Seal(wrapping.key(), _WRAPPING).opened(str(key_id).encode(), wrapped)
        return None if secret is None else cls(key_id, secret)

    def wrapped(self, wrapping: Secret) -> bytes:
        """As ops.field_keys keeps it. Raises SecretUnavailable for no key."""
        return Seal(wrapping.key(), _WRAPPING).seal(str(self.key_id).encode(), self._secret)

    def encrypted(self, field: Field, customer_id: int, plain: str) -> Token:
        """Another token each time. Raises ValueError beyond MAX_PLAIN_BYTES."""
        text = plain.encode()
        if len(text) > MAX_PLAIN_BYTES:
            raise ValueError(f"more than {MAX_PLAIN_BYTES} bytes")
        filled = text.ljust(max(-(-len(text) // _STEP), 1) * _STEP, b"\0")  # no text of PostgreSQL's has a NUL
        sealed = self._seal.seal(_subject(field, self.key_id, customer_id), filled)
        return Token(field, self.key_id, customer_id, sealed)

    def decrypted(self, token: Token) -> str | None:
        """None where it was not made with this key for its column and its customer."""
        filled = self._seal.opened(_subject(token.field, token.key_id, token.customer_id), token.sealed)
        return None if filled is None or token.key_id != self.key_id else filled.rstrip(b"\0").decode()


def unwrapped_by(versions: list[Secret], key_id: int, kid: str, wrapped: bytes) -> DataKey | None:
    """The data key, by the version that wraps it; None where that is not among them, or is no key."""
    for version in versions:
        if version.version == kid:
            try:
                return DataKey.unwrapped(key_id, wrapped, version)
            except SecretUnavailable:
                return None
    return None


def _subject(field: Field, key_id: int, customer_id: int) -> bytes:
    return f"{field}|{key_id}|{customer_id}".encode()
