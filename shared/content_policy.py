"""What a page of ours may do: by a Content-Security-Policy that names what runs in it by its hash."""

import base64
import hashlib

_SECURE_SECONDS = 365 * 24 * 3600


def page_headers(policy: str, *, secure: bool) -> dict[str, str]:
    """Of a page that is nobody's frame and that nobody keeps. secure: whether it is served over https."""
    headers = {
        "content-security-policy": f"default-src 'none'; {policy}; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    return headers | ({"strict-transport-security": f"max-age={_SECURE_SECONDS}"} if secure else {})


def hash_source(text: str) -> str:
    """The source expression that permits an inline style or script of exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
