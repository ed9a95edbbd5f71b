"""How a command ends, as the operating system is told: one table for all of them."""

from enum import IntEnum


class Status(IntEnum):
    """Python's own 2 of wrong usage is the same 2."""

    DONE = 0
    NOT_SO = 1
    WRONG_USE = 2
    UNREACHABLE = 3
    STOPPED = 130


MEANINGS = {
    Status.DONE: "done, and it is so",
    Status.NOT_SO: "what was asked does not hold, is refused, or is another run's at the moment",
    Status.WRONG_USE: "an argument or a setting is missing or wrong; nothing was done",
    Status.UNREACHABLE: "nobody can say: a service cannot be reached or refuses, or what would tell is gone",
    Status.STOPPED: "Ctrl-C; the next run goes on",
}
