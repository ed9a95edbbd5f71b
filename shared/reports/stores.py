"""Whose sales a report tells of: the caller's stores, or the one of them that was asked for."""

from dataclasses import dataclass
from datetime import date

from shared.choices import store_among
from shared.database.queries import named_queries
from shared.identity.caller import Caller
from shared.invocation import Door
from shared.json_values import JsonValue

MAX_STORES = 10_000


@dataclass(frozen=True)
class Store:
    """A store that the caller sees, with the days of its first and latest order if it has any."""

    store_id: int
    store_name: str
    first_day: date | None
    latest_day: date | None


@dataclass(frozen=True)
class Coverage:
    """The stores that a report covers, among those that the caller sees."""

    stores: tuple[Store, ...]
    visible: tuple[Store, ...]

    @property
    def ids(self) -> list[int]:
        """Numbers of the stores covered."""
        return [store.store_id for store in self.stores]

    @property
    def rivals(self) -> list[int]:
        """Numbers of the other stores that the caller sees."""
        covered = set(self.ids)
        return [store.store_id for store in self.visible if store.store_id not in covered]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the stores covered."""
        return tuple(store.store_name for store in self.stores)

    @property
    def label(self) -> str:
        """Which stores, in few words."""
        return self.stores[0].store_name if len(self.stores) == 1 else f"your {len(self.stores)} stores"

    @property
    def first_day(self) -> date | None:
        """Of the first order."""
        return min((store.first_day for store in self.stores if store.first_day), default=None)

    @property
    def latest_day(self) -> date | None:
        """Of the latest order: what *last* counts from."""
        return max((store.latest_day for store in self.stores if store.latest_day), default=None)


async def cover(door: Door, caller: Caller, asked: int | str | None) -> Coverage:
    """The store asked for, by number, name or a part of its name that no other has; all of the caller's for None.

    Raises ValidationFault, in the same words, for a store of others and for one that is not there.
    """
    answer = await door.read(caller, named_queries("reports")["stores"], max_rows=MAX_STORES)
    visible = tuple(
        Store(int(str(number)), str(name), _day(first), _day(latest)) for number, name, first, latest in answer.rows
    )
    return Coverage(visible if asked is None else (store_among(visible, asked),), visible)


def _day(value: JsonValue) -> date | None:
    return None if value is None else date.fromisoformat(str(value))
