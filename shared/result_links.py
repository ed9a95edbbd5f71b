"""A whole result behind a URI: the query itself, packed and signed for its caller, who alone can read it there."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from shared.call_signature import CallSigner
from shared.identity.caller import Caller

RESULTS = "zava://results/"
MAX_PACKED_CHARACTERS = 4_000
"""A longer query gets no link: hosts and logs cut long URIs."""
MAX_QUERY_BYTES = 400_000
"""Of a query that is unpacked: 100,000 characters, as execute_sales_query takes them."""


class ResultLinks:
    """Of one instance; any other one reads them, too, for nothing is kept here."""

    def __init__(self, signer: CallSigner) -> None:
        self._signer = signer

    async def uri(self, caller: Caller, query: str) -> str | None:
        """None for a long query, or while no key can be read."""
        packed = urlsafe_b64encode(zlib.compress(query.encode(), 9)).decode()
        if len(packed) > MAX_PACKED_CHARACTERS:
            return None
        signature = await self._signer.sign(caller, "link", packed.encode())
        return signature and f"{RESULTS}{packed}.{signature}"

    async def query(self, caller: Caller, name: str) -> str | None:
        """What the last part of such a URI stands for; None unless it was made for this caller within a day."""
        packed, _, signature = name.rpartition(".")
        if len(packed) > MAX_PACKED_CHARACTERS:
            return None
        if not await self._signer.holds(caller, "link", packed.encode(), signature):
            return None
        return zlib.decompressobj().decompress(urlsafe_b64decode(packed), MAX_QUERY_BYTES).decode()
