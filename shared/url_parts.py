"""A URL of the settings in, its parts out."""

from urllib.parse import SplitResult, urlsplit


def parts_of(url: str) -> SplitResult:
    """All empty where it is no URL: what urllib says of that quotes it, and with it what may be a password."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # not read before it is asked for
    except ValueError:
        return urlsplit("")
    return parts
