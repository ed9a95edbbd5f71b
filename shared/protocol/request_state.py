"""What a call in several rounds leaves with its client: sealed with keys of the vault, which all instances share."""

import logging
import time
from collections.abc import Callable
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver import AESGCMRequestStateCodec, InvalidRequestState, MCPServer, RequestStateSecurity
from mcp.types.methods import is_input_required

from shared.errors import SecretUnavailable
from shared.identity.caller import current_caller
from shared.keys.ring import ring
from shared.protocol.request_state_key import SECONDS, SECRET
from shared.vault import Secret, Vault

log = logging.getLogger(__name__)


class RequestState:
    """A codec for the SDK whose keys are fetched before it needs them, for it cannot wait."""

    def __init__(self, vault: Vault, *, clock: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._clock = clock
        self._keys: list[Secret] = []
        self._codec: AESGCMRequestStateCodec | None = None

    def security(self) -> RequestStateSecurity:
        """The policy: a state is good for the caller it was given to, and for the call it belongs to."""
        return RequestStateSecurity(codec=self, ttl=SECONDS, bind_principal=_principal)

    def attend(self, server: MCPServer[Any]) -> None:
        """See to the keys around the middleware of the SDK that seals and unseals."""
        server.middleware.insert(0, self._before_unsealing)
        server.middleware.append(self._before_sealing)

    async def renew(self) -> None:
        """The keys as the vault has them now; without an answer from it, those of before."""
        try:
            keys = ring(await self._vault.versions(SECRET), self._clock())
            if keys != self._keys:
                values = dict.fromkeys(key.key() for key in keys)
                self._keys, self._codec = keys, AESGCMRequestStateCodec(list(values))
        except SecretUnavailable as error:
            log.warning("request state: %s", error)

    def seal(self, payload: bytes) -> str:
        """See RequestStateCodec; raises SecretUnavailable without a key."""
        if self._codec is None:
            raise SecretUnavailable(f"secret {SECRET} was never read")
        return self._codec.seal(payload)

    def unseal(self, token: str) -> bytes:
        """See RequestStateCodec; raises InvalidRequestState."""
        if self._codec is None:
            raise InvalidRequestState("no key")
        return self._codec.unseal(token)

    async def _before_unsealing(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.params is not None and ctx.params.get("requestState") is not None:
            await self.renew()
        return await call_next(ctx)

    async def _before_sealing(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        if is_input_required(result):
            await self.renew()
        return result


def _principal(_: ServerRequestContext[Any, Any]) -> str:
    caller = current_caller.get()
    return f"{caller.principal_id} {caller.store_scope or '*'}"
