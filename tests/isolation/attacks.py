"""The corpus: families of ideas, each in many disguises."""

import dataclasses
from collections.abc import Callable, Iterator

from tests.isolation.attack import Attack, Target
from tests.isolation.families import bombs, breaking, forging, probing, reading
from tests.isolation.words import in_words

FAMILIES: dict[str, Callable[[Target], Iterator[Attack]]] = {
    "identity": forging.identity,
    "tokens": forging.tokens,
    "roles": forging.roles,
    "shadowing": forging.shadowing,
    "executors": reading.executors,
    "statistics": reading.statistics,
    "plans": reading.plans,
    "catalogues": reading.catalogues,
    "neighbours": reading.neighbours,
    "files": reading.files,
    "oracles": probing.oracles,
    "unions": probing.unions,
    "conditions": probing.conditions,
    "indexes": probing.indexes,
    "timing": probing.timing,
    "smuggling": breaking.smuggling,
    "writes": breaking.writes,
    "sleeping": breaking.sleeping,
    "bombs": bombs.bombs,
}
QUIET = tuple(family for family in FAMILIES if family != "bombs")
"""Families that ask for no more than any call."""


def corpus(target: Target, *families: str) -> list[Attack]:
    """Every attack of these families."""
    return [
        dataclasses.replace(
            attack,
            statement=in_words(attack.statement.replace("{database}", target.database), target.words),
            twin=in_words(attack.twin, target.words),
        )
        for family in families
        for attack in FAMILIES[family](target)
    ]
