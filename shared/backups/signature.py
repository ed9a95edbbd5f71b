"""What this installation says of its backups: text, and a last line with the version of the key and an HMAC-SHA256."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

SIGNING_KEY = "backup-signing-key"

type Keys = Mapping[str, bytes]
"""Keys of HMAC by version; the first one signs, all verify."""


def signed(text: bytes, keys: Keys, domain: bytes) -> bytes:
    """The text, which ends with a line end, and its signature. domain: what it is, lest one passes as another."""
    version, key = next(iter(keys.items()))
    return text + f"{version} {_mac(key, domain, text)}\n".encode()


def verified(content: bytes, keys: Keys, domain: bytes) -> bytes | None:
    """The text, where this installation has signed it as this."""
    text, line_end, signature = content.removesuffix(b"\n").rpartition(b"\n")
    version, _, mac = signature.decode("ascii", "replace").partition(" ")
    text += line_end
    # An unknown version takes as long as a wrong signature, and tells as little.
    expected = _mac(keys.get(version, secrets.token_bytes(32)), domain, text)
    return text if hmac.compare_digest(expected.encode(), mac.encode()) else None


def _mac(key: bytes, domain: bytes, text: bytes) -> str:
    return hmac.new(key, domain + text, hashlib.sha256).hexdigest()
