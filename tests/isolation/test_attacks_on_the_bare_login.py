"""The corpus by somebody who holds the password of zava_app and a valid context: no guard, any protocol.

Isolation must hold here. What stays open beside it is counted: docs/security.md explains each channel.
"""

from collections import Counter
from dataclasses import dataclass

import pytest
from psycopg import sql

from shared.rls_context import Shape
from tests.conftest import Database
from tests.isolation.attack import ROWS, Tell
from tests.isolation.attacks import FAMILIES, QUIET, corpus
from tests.isolation.bare_login import BareLogin, Campaign
from tests.isolation.detector import differs, judge
from tests.isolation.ground import changed_parts, eyes_of, fingerprint, target_in

GROUNDS = ("locked_down", "on_azure")
ABOUT_ROWS = ("identity", "oracles", "unions", "conditions", "indexes", "timing")
"""Families that ask whether there is a row of somebody else's."""
FIGHTS = (("locked_down", "kirkland"), ("on_azure", "kirkland"), ("on_azure", "nobody"))
OPEN_EVERYWHERE = {
    "advisory locks": 25,
    "definitions": 16,
    "own role": 12,
    "plans": 13,
    "locks": 2,
    "sleeping": 21,
}
"""What PostgreSQL gives to every login; through the server, the guard refuses it."""
OPEN = {
    "locked_down": OPEN_EVERYWHERE | {"messages": 2, "session": 6, "shared login": 3},
    "on_azure": OPEN_EVERYWHERE
    | {
        "large objects": 5,
        "messages": 7,
        "session": 7,
        "shared login": 14,
        "statistics": 44,
        "stopping neighbours": 7,
    },
}
CHANGED = {
    "locked_down": {"passwords", "role settings"},
    "on_azure": {"passwords", "role settings", "large objects"},
}
"""Parts of the database that the login can change: its own password and settings, and large objects of its own."""


@dataclass(frozen=True)
class Battle:
    """The corpus on one ground by some actors, and what it changed."""

    campaigns: dict[str, Campaign]
    changed: set[str]


@pytest.fixture(scope="module")
def battles(locked_down: Database, on_azure: Database, marker: str) -> dict[str, Battle]:
    return {
        "locked_down": _fight(locked_down, marker, "kirkland"),
        "on_azure": _fight(on_azure, marker, "kirkland", "nobody"),
    }


def _fight(database: Database, marker: str, *actors: str) -> Battle:
    before = fingerprint(database)
    campaigns = {actor: Campaign(database, actor, marker).run(*QUIET) for actor in actors}
    changed = changed_parts(before, fingerprint(database))
    with database.as_superuser() as superuser:  # others fight on this ground, too
        reset = sql.SQL("ALTER ROLE zava_app IN DATABASE {} RESET ALL").format(sql.Identifier(database.name))
        superuser.execute(reset)
    return Battle(campaigns, changed)


@pytest.mark.parametrize(("ground", "actor"), FIGHTS)
@pytest.mark.parametrize("family", QUIET)
def test_no_attack_shows_a_foreign_row_or_secret_or_changes_anything(
    battles: dict[str, Battle], ground: str, actor: str, family: str
) -> None:
    successes = battles[ground].campaigns[actor].successes.values()
    assert not [found for found in successes if found.channel == ROWS and found.attack.startswith(f"{family}: ")]


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_channels_that_stay_open_are_these(battles: dict[str, Battle], ground: str) -> None:
    successes = battles[ground].campaigns["kirkland"].successes.values()
    assert Counter(found.channel for found in successes) == OPEN[ground]


def test_whatever_a_context_says_of_the_statement_nothing_more_is_open(
    battles: dict[str, Battle], locked_down: Database, marker: str
) -> None:
    """Of one table, says the signer here of each statement; that makes its plan worse, and no more."""
    said = Campaign(locked_down, "kirkland", marker, Shape.SINGLE).run(*ABOUT_ROWS)
    assert said.successes.keys() <= battles["locked_down"].campaigns["kirkland"].successes.keys()


def test_without_a_grant_nothing_more_is_open(battles: dict[str, Battle]) -> None:
    campaigns = battles["on_azure"].campaigns
    assert campaigns["nobody"].successes.keys() <= campaigns["kirkland"].successes.keys()


@pytest.mark.parametrize("ground", GROUNDS)
def test_afterwards_only_the_logins_own_things_are_different(battles: dict[str, Battle], ground: str) -> None:
    assert battles[ground].changed == CHANGED[ground]


def test_the_corpus_is_large_and_every_attack_has_a_name(sample: Database, marker: str) -> None:
    attacks = corpus(target_in(sample, marker), *FAMILIES)
    assert len({attack.name for attack in attacks}) == len(attacks) >= 800
    assert {attack.family for attack in attacks} == FAMILIES.keys()
    assert all(attack.twin and attack.twin != attack.statement for attack in attacks if attack.tell is Tell.PAIR)


def test_the_probes_tell_of_rows_that_one_may_see(on_azure: Database, marker: str) -> None:
    """The tests above can fail: judged with kirkland's eyes, what the head office gets is a success."""
    target, eyes = target_in(on_azure, marker), eyes_of("kirkland", on_azure, marker)
    deaf = []
    with BareLogin(on_azure, "head-office") as login:
        for attack in corpus(target, "oracles"):
            outcome, twin = (login.send(text, "extended") for text in (attack.statement, attack.twin))
            if not judge(attack, outcome, twin, eyes, target):
                deaf.append(attack.name)
        for attack in corpus(target, "timing")[:3]:
            outcome, twin = (login.send(text, "extended") for text in (attack.statement, attack.twin))
            assert differs(outcome, twin, target)
        foreign = [
            attack.name
            for attack in corpus(target, "shadowing")
            if judge(attack, login.send(attack.statement, "extended"), None, eyes, target)
        ]
    no_right_to_ask = ["oracles: a locked row", "oracles: a foreign key", "oracles: a unique key"]
    assert deaf == ["oracles: fetched tuples", *no_right_to_ask]
    assert len(foreign) >= 8
