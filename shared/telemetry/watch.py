"""What the door to the data notices on its way: slow statements, and what is up or down behind it."""

from shared.components import Components
from shared.telemetry.adapter import Telemetry
from shared.telemetry.slow_statements import SlowStatements

SETTLE_SECONDS = 5.0
"""Of many calls at once some fail and some do not: that is one fault, not one a call."""


class Watch:
    """Of one door."""

    def __init__(self, components: Components | None = None, telemetry: Telemetry | None = None) -> None:
        components = components or Components()
        self.slow_statements = SlowStatements(telemetry)
        self._database = components.component("database", settle=SETTLE_SECONDS)
        self._pool = components.component("pool", settle=SETTLE_SECONDS)
        self._signing_key = components.component("signing_key", settle=SETTLE_SECONDS)

    def connected(self) -> None:
        """A connection was to be had."""
        self._pool.up()

    def no_connection(self, *, all_lent: bool) -> None:
        """None was to be had in time: all are in use, or the database gives none."""
        if all_lent:
            self._pool.down("Exhausted")
        else:
            self._database.down("NoConnection")

    def connection_lost(self) -> None:
        """In the middle of it, and again."""
        self._database.down("ConnectionLost")

    def answered(self, *, key_known: bool) -> None:
        """By the database, which knows the key that the context is signed with, or does not."""
        self._database.up()
        if key_known:
            self._signing_key.up()

    def no_key_known(self) -> None:
        """None that the vault has is one that the database knows."""
        self._signing_key.down("UnknownToDatabase")
