"""The attacker who got the password of zava_app: no guard, no cursor, its own connection, any protocol."""

import time
from typing import Any, Literal

import psycopg

from shared.rls_context import Shape
from tests.conftest import Database, context_of
from tests.isolation.attack import Attack, Tell
from tests.isolation.attacks import corpus
from tests.isolation.detector import Eyes, Outcome, Success, differs, judge
from tests.isolation.ground import Neighbour, eyes_of, target_in

type Protocol = Literal["extended", "simple"]
TOLD_APART_BY_PROTOCOL = ("smuggling", "writes", "roles", "shadowing")
"""Families for which it matters that the simple protocol takes many statements at once, whatever their text."""
MOST_ROWS = 4000
READY = "SET default_transaction_read_only = off; SET statement_timeout = '3s'; SET client_min_messages = debug1"


class BareLogin:
    """A session that is as new before every statement."""

    def __init__(self, database: Database, actor: str, shape: Shape | None = None) -> None:
        self._database = database
        self._context = context_of(actor, seconds=600, shape=shape)
        self._notices: list[str] = []
        self._connection = self._connected()

    def __enter__(self) -> "BareLogin":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, statement: str, protocol: Protocol) -> Outcome:
        """simple: as many statements as the text holds. extended: with parameters, of which there are none."""
        self._renew()
        began = time.monotonic()
        try:
            text = statement.encode()
            if protocol == "extended":
                cursor = self._connection.execute(text.replace(b"%", b"%%"), ())
            else:
                cursor = self._connection.execute(text)
            names, rows = _everything(cursor)
        except psycopg.Error as error:
            diag = error.diag
            said = [diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint, diag.context]
            told = " ".join(part for part in said if part) or f"{type(error).__name__}: {error}"
            return self._outcome(began, ran=False, said=told)
        except (UnicodeError, ValueError) as error:
            return self._outcome(began, ran=False, said=type(error).__name__)
        return self._outcome(began, ran=True, names=names, rows=rows)

    def _outcome(
        self, began: float, *, ran: bool, names: tuple[str, ...] = (), rows: tuple[Any, ...] = (), said: str = ""
    ) -> Outcome:
        seconds = time.monotonic() - began
        return Outcome(ran=ran, names=names, rows=rows, said="\n".join([said, *self._notices]), seconds=seconds)

    def _renew(self) -> None:
        self._notices.clear()
        if self._connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
            self._connection.close()  # in the middle of a COPY
        try:
            self._connection.rollback()
            self._connection.execute("DISCARD ALL")
        except psycopg.Error:
            self._connection.close()
            self._connection = self._connected()
        self._connection.execute(f"{READY}; SET app.rls_context = '{self._context}'".encode())
        self._notices.clear()

    def _connected(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._database.app_url, autocommit=True)
        connection.prepare_threshold = None
        connection.add_notice_handler(
            lambda diag: self._notices.append(f"{diag.message_primary} {diag.message_detail or ''}")
        )
        return connection


def _everything(cursor: psycopg.Cursor[Any]) -> tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]:
    """Columns and rows of the last result that has some, and rows of all."""
    names: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    while True:
        if cursor.description:
            names = tuple(column.name for column in cursor.description)
            found = cursor.fetchmany(MOST_ROWS)
            rows = [*rows, *found] if not rows or len(rows[0]) == len(names) else list(found)
        if not cursor.nextset():
            return names, tuple(rows)


class Campaign:
    """Every attack of some families by one actor, with a neighbour near.

    shape: what the actor's contexts say of its statements, whatever they are.
    """

    def __init__(self, database: Database, actor: str, marker: str, shape: Shape | None = None) -> None:
        self.eyes: Eyes = eyes_of(actor, database, marker)
        self.target = target_in(database, marker)
        self.successes: dict[str, Success] = {}
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self._database, self._actor, self._marker, self._shape = database, actor, marker, shape

    def run(self, *families: str) -> "Campaign":
        with (
            BareLogin(self._database, self._actor, self._shape) as login,
            Neighbour(self._database, self._marker) as neighbour,
        ):
            for attack in corpus(self.target, *families):
                protocols: list[Protocol] = ["extended"]
                if attack.family in TOLD_APART_BY_PROTOCOL or ";" in attack.statement:
                    protocols.append("simple")
                for protocol in protocols:
                    found = self._one(login, attack, protocol)
                    if attack.family == "neighbours" and neighbour.disturbed():
                        found = Success(attack.name, "stopping neighbours", "the neighbour's session ended")
                    if found:
                        self.successes[attack.name] = found
            assert not neighbour.disturbed()
        return self

    def _one(self, login: BareLogin, attack: Attack, protocol: Protocol) -> Success | None:
        outcome = login.send(attack.statement, protocol)
        self.outcomes[attack.name, protocol] = outcome
        twin = login.send(attack.twin, protocol) if attack.tell is Tell.PAIR else None
        if twin is not None and differs(outcome, twin, self.target):  # once more: a busy machine can be slow, too
            outcome, twin = login.send(attack.statement, protocol), login.send(attack.twin, protocol)
        return judge(attack, outcome, twin, self.eyes, self.target)
