"""What a page of ours may run: by a Content-Security-Policy that names it by its hash."""

import base64
import hashlib


def hash_source(text: str) -> str:
    """The source expression that permits an inline style or script of exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
