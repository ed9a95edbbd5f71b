"""What stops the host from starting.

StartError
├── PortTaken
└── LoadError
ScheduleError
"""


class StartError(Exception):
    """One sentence for the person at the terminal; the host prints it and exits with 1."""


class PortTaken(StartError):
    """Something else listens where the host was told to listen."""


class LoadError(StartError):
    """The function app could not be indexed; carries the runtime's stack trace."""

    def __init__(self, message: str, stack_trace: str = "") -> None:
        super().__init__(message)
        self.stack_trace = stack_trace


class ScheduleError(ValueError):
    """A schedule that Azure would not accept."""
