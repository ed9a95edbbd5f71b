"""The corpus through the MCP tool, on one connection that every caller shares."""

import time
from dataclasses import dataclass
from typing import Any

from mcp import Client
from mcp.types import CallToolResult
from psycopg_pool import AsyncConnectionPool

from shared.database.connection import Connection
from shared.database.pool import open_pool
from shared.identity.caller import current_caller
from shared.invocation import Invocations
from shared.isolation.gate import Isolation
from shared.mcp_server import build_server
from shared.protocol.mistakes import ZavaServer
from shared.vault import Vault
from tests.conftest import KEY, Database, KeptSecrets, caller_of, nobody_embeds, settings_for
from tests.isolation.attack import Attack, Tell
from tests.isolation.attacks import corpus
from tests.isolation.detector import Eyes, Outcome, Success, differs, judge
from tests.isolation.ground import Neighbour, eyes_of, target_in
from tests.isolation.words import in_words
from tests.tools.calls import text_of

_SESSION = """
SELECT array_agg(name || '=' || setting ORDER BY name), current_user, session_user,
    (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
    (SELECT count(*) FROM pg_listening_channels()), current_setting('app.rls_context', true) LIKE 'v1|%',
    (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')
FROM pg_settings
"""
_OWN = "SELECT count(*), min(store_id), max(store_id) FROM retail.orders"
ACTORS = ("kirkland", "nobody")
BUSY = ("RATE_LIMITED", "UNAVAILABLE")


class ServerCampaign:
    """Every attack of some families by one actor; after each family a neighbour looks whether all is as before."""

    def __init__(self, database: Database, actor: str, marker: str) -> None:
        self.eyes: Eyes = eyes_of(actor, database, marker)
        self.target = target_in(database, marker)
        self.successes: dict[str, Success] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.disturbed: dict[str, str] = {}
        """What the neighbour on the same connection found to be different, by family."""
        self.ended: set[str] = set()
        """Families that ended the session of a neighbour on a connection of its own."""
        self._database, self._actor, self._marker = database, actor, marker

    async def run(self, app_url: str, *families: str) -> "ServerCampaign":
        """app_url: of the login, directly or through a pooler."""
        async with open_pool(settings_for(app_url)) as pool:
            vault = Vault(KeptSecrets(KEY))
            isolation = Isolation(pool, vault, domain=self._database.domain)
            door = Invocations(pool, vault, isolation, domain=self._database.domain).without_proof()
            server = build_server(door, nobody_embeds())
            before = await self._seen_by_a_neighbour(pool, door)
            with Neighbour(self._database, self._marker) as neighbour:
                for family in families:
                    await self._family(server, family)
                    after = await self._seen_by_a_neighbour(pool, door)
                    if after != before:
                        self.disturbed[family] = f"{before} {after}"
                    if neighbour.disturbed():
                        self.ended.add(family)
        return self

    async def _family(self, server: ZavaServer, family: str) -> None:
        token = current_caller.set(caller_of(self._actor))
        try:
            async with Client(server) as client:
                for attack in corpus(self.target, family):
                    await self._one(client, attack)
        finally:
            current_caller.reset(token)

    async def _one(self, client: Client, attack: Attack) -> None:
        outcome, twin = await send(client, attack.statement), None
        if attack.tell is Tell.PAIR:
            twin = await send(client, attack.twin)
            if differs(outcome, twin, self.target):  # once more: a busy machine can be slow, too
                outcome, twin = await send(client, attack.statement), await send(client, attack.twin)
        self.outcomes[attack.name] = outcome
        if found := judge(attack, outcome, twin, self.eyes, self.target):
            self.successes[attack.name] = found

    async def _seen_by_a_neighbour(self, pool: AsyncConnectionPool[Connection], door: Invocations) -> list[Any]:
        """Its rows, and the session that it shares with the attacker, without what is set for one transaction."""
        own = await door.read(caller_of("seattle"), in_words(_OWN, self._database.words), max_rows=1)
        async with pool.connection(timeout=5) as connection:
            return [own.rows, await (await connection.execute(_SESSION)).fetchall()]


@dataclass(frozen=True)
class Battle:
    """The corpus by each actor, and what it changed."""

    campaigns: dict[str, ServerCampaign]
    changed: set[str]

    def successes(self, actor: str, family: str) -> list[Success]:
        found = self.campaigns[actor].successes.values()
        return [success for success in found if success.attack.startswith(f"{family}: ")]


async def send(client: Client, statement: str) -> Outcome:
    """One call of execute_sales_query."""
    began = time.monotonic()
    try:
        result = await client.call_tool("execute_sales_query", {"postgresql_query": statement, "max_rows": 1000})
    except UnicodeError as error:  # the client cannot send it
        return Outcome(ran=False, said=type(error).__name__)
    return as_outcome(result, time.monotonic() - began)


def as_outcome(result: CallToolResult, seconds: float) -> Outcome:
    """Answer or fault. Positions are left out: they count the attacker's own characters."""
    data: dict[str, Any] = result.structured_content or {}
    fault: dict[str, Any] = dict(result.meta or {}).get("zava/error", {})
    told = [f"{part}: {value}" for part, value in fault.items() if part != "position"] or [text_of(result)]
    return Outcome(
        ran=not result.is_error,
        names=tuple(column["name"] for column in data.get("columns", [])),
        rows=tuple(tuple(row) for row in data.get("rows", [])),
        said="\n".join(told) if result.is_error else "",
        seconds=seconds,
    )
