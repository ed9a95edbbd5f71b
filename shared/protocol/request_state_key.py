"""The key of what clients keep between the rounds of a call. Rotation needs its name, and not the SDK."""

SECRET = "request-state-key"  # noqa: S105  # its name
SECONDS = 600
"""How long a client may take for its answer."""
