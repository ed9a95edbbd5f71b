"""What is on this machine: where plain http is accepted, and where no proxy of the environment leads."""

from urllib.parse import urlsplit

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


def on_this_machine(url: str) -> bool:
    """Whether the URL names this machine."""
    return urlsplit(url).hostname in HOSTS
