"""Results in pages: a cursor says where the next one begins, for the caller and the call that it was given to."""

import json
import re
from dataclasses import dataclass

from shared.call_signature import CallSigner
from shared.errors import ValidationFault
from shared.identity.caller import Caller
from shared.invocation import Answer

MAX_CURSOR_CHARACTERS = 64
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{28})", re.ASCII)


@dataclass(frozen=True)
class Page:
    """The page that a call asks for."""

    skip: int
    """Rows before it."""
    _caller: Caller
    _call: bytes
    _signer: CallSigner

    async def next_cursor(self, answer: Answer) -> str | None:
        """Where the page behind this answer begins; None where there is none, or while no key can be read."""
        if not answer.truncated:
            return None
        begin = self.skip + len(answer.rows)
        signature = await self._signer.sign(self._caller, "cursor", _payload(begin, self._call))
        return signature and f"{begin}.{signature}"


class ResultPages:
    """Of one instance; any other takes up where it left off, for nothing is kept here."""

    def __init__(self, signer: CallSigner) -> None:
        self._signer = signer

    async def open(self, caller: Caller, tool: str, cursor: str | None, **arguments: object) -> Page:
        """The page that begins at the cursor, or the first one. arguments: all others of the call, JSON values.

        Raises ValidationFault for a cursor that was not given to this caller for these arguments, or too long ago.
        """
        call = json.dumps([tool, arguments], sort_keys=True, ensure_ascii=True).encode()
        return Page(0 if cursor is None else await self._begin(caller, call, cursor), caller, call, self._signer)

    async def _begin(self, caller: Caller, call: bytes, cursor: str) -> int:
        if given := _CURSOR.fullmatch(cursor):
            begin = int(given[1])
            if await self._signer.holds(caller, "cursor", _payload(begin, call), given[2]):
                return begin
        raise ValidationFault(
            "The cursor does not belong to this call, or has expired.",
            "Repeat the call that gave it with the same arguments, or begin again without a cursor.",
        )


def _payload(begin: int, call: bytes) -> bytes:
    return f"{begin}|".encode() + call
