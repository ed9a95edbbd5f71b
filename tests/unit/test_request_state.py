"""Which keys seal and open what clients keep between the rounds of a call, while the vault's keys change."""

import base64
import os
import time
from dataclasses import replace

import pytest
from mcp.server.mcpserver import InvalidRequestState

from shared.errors import SecretUnavailable
from shared.keys.ring import SPREAD_SECONDS
from shared.last_good import Freshness
from shared.protocol.request_state import RequestState
from shared.protocol.request_state_key import SECRET
from shared.vault import Secret, Vault
from tests.clock import FakeClock
from tests.conftest import KeptSecrets

pytestmark = pytest.mark.anyio

ALWAYS_ASK = Freshness(fresh_for=0, patience=1, retry_gap=0)
FIRST, SECOND, THIRD = (Secret(SECRET, base64.b64encode(os.urandom(32)).decode(), str(n)) for n in range(1, 4))
# Still new when the test comes: it may be long after this file was read.
NEW_SECOND, NEW_THIRD = (replace(key, created=time.time() + 86_400) for key in (SECOND, THIRD))


class Failing(KeptSecrets):
    """A source that can go down."""

    down = False

    async def newest(self, name: str, count: int) -> list[Secret]:
        if self.down:
            raise SecretUnavailable("the vault is down")
        return await super().newest(name, count)


async def instance(*keys: Secret) -> RequestState:
    """One that sees these keys, newest first."""
    state = RequestState(Vault(KeptSecrets(*keys), freshness=ALWAYS_ASK))
    await state.renew()
    return state


@pytest.mark.parametrize(
    ("ahead", "behind"),
    [
        ((NEW_SECOND, FIRST), (FIRST,)),
        ((SECOND, FIRST), (NEW_SECOND, FIRST)),
        ((NEW_THIRD, NEW_SECOND, FIRST), (NEW_SECOND, FIRST)),
        ((NEW_THIRD, SECOND), (NEW_THIRD, SECOND, FIRST)),
    ],
)
async def test_an_instance_that_knows_the_next_key_and_one_that_does_not_open_each_others(
    ahead: tuple[Secret, ...], behind: tuple[Secret, ...]
) -> None:
    one, other = await instance(*ahead), await instance(*behind)
    assert other.unseal(one.seal(b"x")) == one.unseal(other.seal(b"x")) == b"x"


async def test_a_key_seals_once_every_instance_has_it() -> None:
    clock = FakeClock()
    new = replace(SECOND, created=clock.now)
    state = RequestState(Vault(KeptSecrets(new, FIRST), freshness=ALWAYS_ASK), clock=clock)
    opens = {}
    for clock.now in (new.created + SPREAD_SECONDS - 1, new.created + SPREAD_SECONDS):
        await state.renew()
        opens[clock.now - new.created] = (await instance(FIRST)), state.seal(b"x")
    [(behind, sealed_before), (_, sealed_after)] = opens.values()
    assert behind.unseal(sealed_before) == b"x"
    with pytest.raises(InvalidRequestState):
        behind.unseal(sealed_after)


async def test_what_was_sealed_before_a_rotation_is_opened_after_it() -> None:
    kept = KeptSecrets(SECOND, FIRST)
    state = RequestState(Vault(kept, freshness=ALWAYS_ASK))
    await state.renew()
    sealed = state.seal(b"x")
    kept.keys = [THIRD, SECOND, FIRST]
    await state.renew()
    assert state.unseal(sealed) == b"x"


async def test_a_withdrawn_key_opens_nothing() -> None:
    sealed = (await instance(FIRST)).seal(b"x")
    with pytest.raises(InvalidRequestState):
        (await instance(THIRD, SECOND)).unseal(sealed)


async def test_the_keys_of_before_hold_while_the_vault_is_down() -> None:
    source = Failing(FIRST)
    state = RequestState(Vault(source, freshness=ALWAYS_ASK))
    await state.renew()
    source.down = True
    await state.renew()
    assert state.unseal(state.seal(b"x")) == b"x"


@pytest.mark.parametrize("keys", [[], [Secret(SECRET, "dG9vIHNob3J0", "1")]], ids=["none", "too short"])
async def test_without_a_key_nothing_is_sealed_and_nothing_opened(keys: list[Secret]) -> None:
    state = await instance(*keys)
    with pytest.raises(SecretUnavailable):
        state.seal(b"x")
    with pytest.raises(InvalidRequestState):
        state.unseal("v1.x")
