"""Who may call a function: Azure's access keys.

`func start` asks for no key and neither does this host, unless it is started with `--enable-auth`.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from .errors import StartError


@dataclass(frozen=True, kw_only=True)
class AccessKeys:
    """The keys of one host."""

    master: str = field(repr=False)
    """Opens everything, `/admin` included (FUNCTIONS_MASTER_KEY)."""
    host: str = field(repr=False)
    """Opens every function of level `function` (FUNCTIONS_HOST_KEY)."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> AccessKeys:
        for name in ("FUNCTIONS_MASTER_KEY", "FUNCTIONS_HOST_KEY"):
            if not environ.get(name):
                raise StartError(f"--enable-auth needs the environment variable {name}, which is not set")
        return cls(master=environ["FUNCTIONS_MASTER_KEY"], host=environ["FUNCTIONS_HOST_KEY"])

    def open(self, auth_level: str, presented: str) -> bool:
        """Whether the presented key is enough for `anonymous`, `function` or `admin`."""
        level = auth_level.lower()
        if level == "anonymous":
            return True
        accepted = (self.master, self.host) if level == "function" else (self.master,)
        # Every key is compared, so that the time tells nothing about which one matched.
        matches = [hmac.compare_digest(presented.encode(), key.encode()) for key in accepted]
        return any(matches)


def presented_key(headers: Mapping[str, str], query_string: str) -> str:
    """The header wins over the query, as in the real host."""
    return headers.get("x-functions-key") or parse_qs(query_string).get("code", [""])[0]
