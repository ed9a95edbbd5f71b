"""A sample of each family over HTTP to the Functions host."""

import httpx2
import psycopg

from local.state import DATABASE
from tests.isolation.attack import ROWS, Tell
from tests.isolation.attacks import QUIET, corpus
from tests.isolation.detector import judge
from tests.isolation.ground import changed_parts, eyes_of, fingerprint, target_in
from tests.isolation.watch import send
from tests.isolation.words import RETAIL
from tests.stack import RunningStack

OF_EACH_FAMILY = 3


class StackGround:
    """The stack's database, as its owner sees it."""

    name = DATABASE
    words = RETAIL

    def __init__(self, stack: RunningStack) -> None:
        self._stack = stack

    def as_superuser(self) -> psycopg.Connection[object]:
        return self._stack.connect("SUPERUSER_DATABASE_URL")


KEPT_OF_CALLS = {f"rows of ops.{table}" for table in ("audit", "audit_chain", "allowances", "row_changes")}
"""By the server itself, of each."""


def test_a_sample_of_each_family_shows_nothing_foreign_and_changes_nothing(stack: RunningStack, marker: str) -> None:
    ground = StackGround(stack)
    target, eyes, before = target_in(ground, marker), eyes_of("kirkland", ground, marker), fingerprint(ground)
    found = []
    with httpx2.Client(base_url=stack.base, headers=stack.headers("kirkland"), timeout=60) as client:
        for family in QUIET:
            attacks = corpus(target, family)
            for attack in attacks[:: max(1, len(attacks) // OF_EACH_FAMILY)]:
                outcome = send(client, attack.statement)
                twin = send(client, attack.twin) if attack.tell is Tell.PAIR else None
                found.append(judge(attack, outcome, twin, eyes, target))
    assert not [success for success in found if success and success.channel == ROWS]
    assert changed_parts(before, fingerprint(ground)) <= KEPT_OF_CALLS
