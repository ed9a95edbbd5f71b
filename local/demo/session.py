"""Calls of one caller at the endpoint, by MCP's own client; and what is asked past the endpoint, to compare."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx2
import psycopg
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from local.parts import application_settings
from local.people import PEOPLE
from local.state import StateFolder
from local.tokens import IssuerKey, load_key, token_for

SECONDS = 60.0
"""Most that an answer may take."""


class NotAsPromised(Exception):
    """A sentence: what an answer is, and should not be."""


@dataclass(frozen=True)
class Stack:
    """A running one. noted: what its state folder says of it."""

    state: StateFolder
    noted: Mapping[str, Any]

    @property
    def url(self) -> str:
        """Of the endpoint."""
        return str(self.noted["mcp_url"])

    @cached_property
    def settings(self) -> dict[str, str]:
        """The environment of the application, and the administrators' URLs besides."""
        urls = dict(self.noted["environment"])
        return application_settings(self.state, urls, self.noted["ports"]) | urls

    def token(self, name: str) -> str:
        """A bearer token of one of the local people."""
        return token_for(PEOPLE[name], self._issuer_key, authority=self.noted["issuer"])

    @cached_property
    def _issuer_key(self) -> IssuerKey:
        return load_key(self.state.path)

    def call(self, name: str, tool: str, **arguments: object) -> CallToolResult:
        """One call of a tool as that person."""

        async def called() -> CallToolResult:
            async with self.client(name) as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(called())

    @asynccontextmanager
    async def client(self, name: str) -> AsyncIterator[Client]:
        """A client of that person's."""
        headers = {"authorization": f"Bearer {self.token(name)}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=SECONDS) as http,
            Client(streamable_http_client(self.url, http_client=http)) as client,
        ):
            yield client

    def as_superuser(self, database: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
        """Past policies and privileges, in this database of the cluster or in the application's."""
        return psycopg.connect(self.settings["SUPERUSER_DATABASE_URL"], autocommit=True, **_named(database))

    def as_bare_login(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The login that the server has for all callers, without the server."""
        return psycopg.connect(self.settings["APP_DATABASE_URL"], autocommit=True)


def structured(answer: CallToolResult) -> dict[str, Any]:
    """The structured result. Raises NotAsPromised where the answer is an error."""
    if answer.is_error or answer.structured_content is None:
        raise NotAsPromised(f"the server answered: {text_of(answer)}")
    content: dict[str, Any] = answer.structured_content
    return content


def text_of(answer: CallToolResult) -> str:
    """What a model reads."""
    return "\n".join(block.text.strip() for block in answer.content if isinstance(block, TextContent))


def _named(database: str | None) -> dict[str, Any]:
    return {} if database is None else {"dbname": database}
