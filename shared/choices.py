"""What a caller may choose from, for what asks or completes a name: its own stores, and the categories that it sees."""

from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import BaseModel

from shared.database.queries import named_queries
from shared.errors import ValidationFault
from shared.identity.caller import Caller
from shared.invocation import Answer, Door

MAX_CHOICES = 10_000
MAX_TOLD = 20
"""Names in an error."""


class NamedStore(Protocol):
    """What a store is asked for by."""

    @property
    def store_id(self) -> int:
        """Its number."""

    @property
    def store_name(self) -> str:
        """Its name."""


class Store(BaseModel):
    """One of the caller's own."""

    store_id: int
    store_name: str
    is_online: bool


class Choices:
    """As new as what the door gives."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def stores(self, caller: Caller) -> list[Store]:
        """In the order of their numbers."""
        return [Store.model_validate(record) for record in (await self._asked("stores", caller)).records()]

    async def categories(self, caller: Caller) -> list[str]:
        """In the order of the alphabet."""
        return [str(name) for _, name in (await self._asked("categories", caller)).rows]

    async def store_named(self, caller: Caller, text: str) -> Store:
        """By number, name or what only one of the caller's stores has in its name. Raises ValidationFault."""
        return store_among(await self.stores(caller), text)

    async def category_named(self, caller: Caller, text: str) -> str:
        """By its name or what only one has in its name. Raises ValidationFault."""
        return only_one("category", text, await self.categories(caller), str)

    async def _asked(self, kind: str, caller: Caller) -> Answer:
        return await self._door.read(caller, named_queries("choices")[kind], max_rows=MAX_CHOICES)


def store_among[S: NamedStore](stores: Sequence[S], asked: int | str) -> S:
    """By number, name or what only one of them has in its name. Raises ValidationFault."""
    text = asked.strip() if isinstance(asked, str) else ""
    numbered = [store for store in stores if asked == store.store_id or text == str(store.store_id)]
    return numbered[0] if numbered else only_one("store", text, stores, lambda store: store.store_name)


def matching(names: list[str], text: str) -> list[str]:
    """Those that begin with the text, then those that have it anywhere; small and capital letters are the same."""
    sought = text.casefold()
    found = [name for name in names if sought in name.casefold()]
    return sorted(found, key=lambda name: not name.casefold().startswith(sought))


def only_one[T](kind: str, text: str, choices: Sequence[T], name_of: Callable[[T], str]) -> T:
    """The choice of that name, or the only one with the text in its name. Raises ValidationFault, naming choices."""
    by_name = {name_of(choice): choice for choice in choices}
    found = matching(list(by_name), text) if text else []
    exact = [name for name in found if name.casefold() == text.casefold()]
    if len(exact) == 1 or len(found) == 1:
        return by_name[(exact or found)[0]]
    if not by_name:
        raise ValidationFault(f"You see no {kind}.", "Ask an administrator for a grant.")
    listed = ", ".join((found or list(by_name))[:MAX_TOLD])
    problem = f"More than one {kind} fits." if found else f"You see no such {kind}."
    raise ValidationFault(problem, f"Name one of: {listed}.")
