"""The caller's own stores."""

from pydantic import TypeAdapter

from shared.choices import Choices, Store
from shared.identity.caller import current_caller
from shared.resources.definition import ResourceDefinition

_STORES = TypeAdapter(list[Store])


def store_resources(choices: Choices) -> list[ResourceDefinition]:
    """The resources of this subject."""

    async def stores() -> str:
        """The stores whose rows you see: number, name, and whether it is the web shop."""
        return _STORES.dump_json(await choices.stores(current_caller.get())).decode()

    return [
        ResourceDefinition(
            uri="zava://stores",
            function=stores,
            title="Your stores",
            scope="catalog.read",
            mime_type="application/json",
            icon="zava",
            priority=0.7,
        )
    ]
