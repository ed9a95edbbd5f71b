"""What a domain offers to callers, and the parts of the engine that it makes its offers of."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from mcp.server.mcpserver.tools.base import Tool

from shared.caches.kept_answers import KeptAnswers
from shared.choices import Choices
from shared.domain import Domain
from shared.embeddings.of_queries import QueryEmbeddings
from shared.invocation import Invocations
from shared.prompts.definition import ScopedPrompt
from shared.resources.definition import ResourceDefinition
from shared.result_links import ResultLinks
from shared.result_pages import ResultPages


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Of one server: the door to the data, and what is kept, cut and embedded behind it."""

    invocations: Invocations
    answers: KeptAnswers
    choices: Choices
    query_embeddings: QueryEmbeddings
    pages: ResultPages
    links: ResultLinks


@dataclass(frozen=True, kw_only=True)
class Offers:
    """What clients are told of a domain."""

    name: str
    """Of the server, for programs."""
    title: str
    description: str
    """What it is for, in a sentence."""
    instructions: str
    tools: Sequence[Tool]
    prompts: Sequence[ScopedPrompt] = ()
    resources: Sequence[ResourceDefinition] = ()


def offers_of(domain: Domain, engine: Engine) -> Offers:
    """What the domain's module makes of the engine."""
    made: Offers = import_module(domain.offers).offers(engine)
    return made
