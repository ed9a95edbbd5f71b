"""Values for an argument of a prompt or a template while somebody types it: what the caller may see, nothing else."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from mcp import MCPError
from mcp.types import (
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from shared.choices import Choices, matching
from shared.errors import ToolFault
from shared.identity.caller import Caller, current_caller
from shared.identity.scopes import Kind, require_scope
from shared.protocol.offers import Offers
from shared.protocol.refusals import refusal
from shared.tools.schemas import TABLE_NAMES

MAX_VALUES = 100
"""The specification's."""

NOTHING = Completion(values=[], total=0, has_more=False)

type Values = Callable[[Caller], Awaitable[list[str]]]


class Completions:
    """Of one server. Arguments of the same name have the same values, wherever they are."""

    def __init__(self, offers: Offers, choices: Choices, tables: Sequence[str] = TABLE_NAMES) -> None:
        self._tables_there = tables
        self._offers = offers
        self._choices = choices
        self._values: Mapping[str, Values] = {
            "store": self._stores,
            "category": choices.categories,
            "table": self._tables,
        }

    async def complete(
        self,
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _: CompletionContext | None,
    ) -> Completion:
        """Those that begin with what is typed, then those that have it in them.

        None for a prompt that is not there: the specification's suite asks any server for one of its own name. -32602
        for an argument or a template that is not there.
        """
        if isinstance(ref, PromptReference) and self._offers.prompt_named(ref.name) is None:
            return NOTHING
        try:
            self._check(ref, argument.name)
            values = self._values.get(argument.name)
            found = matching(await values(current_caller.get()), argument.value) if values else []
        except ToolFault as fault:
            raise refusal(fault) from fault
        return Completion(values=found[:MAX_VALUES], total=len(found), has_more=len(found) > MAX_VALUES)

    def _check(self, ref: PromptReference | ResourceTemplateReference, argument: str) -> None:
        kind: Kind = "prompt" if isinstance(ref, PromptReference) else "template"
        name = ref.name if isinstance(ref, PromptReference) else ref.uri
        described = self._offers.described(kind, name)
        if described is None:
            raise MCPError(INVALID_PARAMS, f"Unknown {kind}: {name}")
        require_scope(current_caller.get().scopes, described)
        if argument not in self._offers.arguments_of(kind, name):
            raise MCPError(INVALID_PARAMS, f"Unknown argument of {kind} {name}: {argument}")

    async def _stores(self, caller: Caller) -> list[str]:
        return [store.store_name for store in await self._choices.stores(caller)]

    async def _tables(self, caller: Caller) -> list[str]:
        """None for who sees no store, and so no row of any."""
        return list(self._tables_there) if await self._choices.stores(caller) else []
