"""Who works at the local Zava: names for `dev.py token --as`, with ids that exist on laptops only."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared import production
from shared.identity.scopes import USUAL_SCOPES, ToolScope

type Role = Literal["super_admin", "regional_manager", "store_manager"]

LOCAL_TENANT_ID = UUID(production.LOCAL_TENANT_ID)
LOCAL_CLIENT_ID = "6359d042-1f46-4432-a35b-5ae8572febc3"
"""The client that local tokens are issued to (`azp`)."""
LOCAL_AUDIENCE = "api://zava-retail-mcp"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A principal of the sample data. The role in its token informs; its rights are the grants in the database."""

    name: str
    display_name: str
    object_id: UUID
    role: Role | None
    store_ids: tuple[int, ...]
    tenant_id: UUID = LOCAL_TENANT_ID

    @property
    def scopes(self) -> tuple[ToolScope, ...]:
        """What clients have been allowed to do for this person."""
        return (*USUAL_SCOPES, "admin") if self.role == "super_admin" else USUAL_SCOPES


def _manager(store_id: int, place: str, object_id: str) -> Person:
    return Person(
        name=place.lower(),
        display_name=f"{place} store manager",
        object_id=UUID(object_id),
        role="store_manager",
        store_ids=(store_id,),
    )


HEAD_OFFICE = Person(
    name="head-office",
    display_name="Head office",
    object_id=UUID("83325854-6ac4-4420-a741-923114992c5c"),
    role="super_admin",
    store_ids=(1, 2, 3, 4, 5, 6, 7, 8),
)
WEST_REGION = Person(
    name="west-region",
    display_name="Regional manager west",
    object_id=UUID("c61c366c-254c-42b7-abc7-d9a54b386287"),
    role="regional_manager",
    store_ids=(1, 2, 6, 7),
)
NOBODY = Person(
    name="nobody",
    display_name="Employee without grants",
    object_id=UUID("8f4e50af-86a9-43f5-8abf-c2b50386d450"),
    role=None,
    store_ids=(),
)
PEOPLE = {
    person.name: person
    for person in (
        HEAD_OFFICE,
        WEST_REGION,
        _manager(1, "Seattle", "121a9612-459b-49c1-bd43-6d69b9ca375c"),
        _manager(2, "Bellevue", "dbb69b5e-f9d0-4277-8bf6-e9b921b4e418"),
        _manager(3, "Tacoma", "6edcfc6f-ceaa-47ba-98ba-68cc00321939"),
        _manager(4, "Spokane", "a175aefe-5841-448c-a3d0-b0533f8b7beb"),
        _manager(5, "Everett", "a1d6bf0e-858b-44fc-99ed-afed5d8006c3"),
        _manager(6, "Redmond", "53db566f-507a-4cfa-9f28-2ae7e60e3b63"),
        _manager(7, "Kirkland", "b8d15263-3055-4331-bedb-75fd2cec35a9"),
        _manager(8, "Online", "59536692-037c-475b-abb6-6654586ad75c"),
        NOBODY,
    )
}
