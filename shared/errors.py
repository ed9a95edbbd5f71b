"""Everything that can go wrong, as one tree.

ZavaError
├── SettingsError              the process must not start
├── SecretUnavailable          the vault has no usable value and no last good one
├── KeysNotRotated             keys that could not be seen to; the others were, and the next run goes on
├── FieldsNotConverted         stored values cannot be encrypted or decrypted as asked; nothing is lost
├── MigrationRefused          a database's history is not that of this release; nothing is changed
├── BackupFailed               no backup was made, for it would not have been complete
├── BackupRefused              a backup that does not hold, or does not fit the database; nothing is changed
│   └── OtherRelease           the same: it may well hold, for the release that made it
├── BackupStoreDown            backups can be neither written nor read now
├── EmbedderFailure            the embedding service did not answer as it should, with seconds to wait if it said so
├── TextRefused                the embedding service will not take one of the texts
├── Unauthenticated            no identity: HTTP 401
├── Forbidden                  an identity that asks for more than it has: HTTP 403
└── ToolFault                  what a tool's caller is told: a code, what was wrong, what to do
    ├── ValidationFault        VALIDATION_ERROR
    ├── AuthorizationFault     AUTHORIZATION_ERROR
    │   └── InsufficientScope  the same; at the door HTTP 403, with the scopes to ask for
    ├── SqlNotAllowed          SQL_NOT_ALLOWED, with position
    ├── SqlFault               SQL_ERROR, with SQLSTATE and position
    ├── QueryTimeout           QUERY_TIMEOUT
    ├── TooExpensive           TOO_EXPENSIVE
    └── ComeBackLater          with seconds to wait
        ├── Unavailable        UNAVAILABLE
        │   └── UnknownSigningKey  the same: the vault has no signing key that the database knows
        └── RateLimited        RATE_LIMITED
"""

from typing import ClassVar


class ZavaError(Exception):
    """The root: anything this application raises on purpose."""


class SettingsError(ZavaError):
    """A setting is missing or malformed; the message names every offending variable."""


class PricesUnreadable(ZavaError):
    """A table of prices is none; the message says where."""


class SecretUnavailable(ZavaError):
    """A secret could not be read and none was read before."""


class KeysNotRotated(ZavaError):
    """Some keys could not be rotated; the message names each with its problem and no value."""


class FieldsNotConverted(ZavaError):
    """Stored values could not be brought into the form that was asked for; the message names no value and no key."""


class MigrationRefused(ZavaError):
    """The database's history and the files of sql/migrations disagree, or its server has other parameters."""


class BackupFailed(ZavaError):
    """No backup was made, for it would not have been complete. The message names tables and no value."""


class BackupRefused(ZavaError):
    """A backup does not hold, or does not fit the database, which is as it was. The message names tables and parts."""


class OtherRelease(BackupRefused):
    """A backup and what it should be restored into are of different releases."""


class BackupStoreDown(ZavaError):
    """The store of backups does not answer as it should. The message names the kind of error alone."""


class EmbedderFailure(ZavaError):
    """The embedding service did not answer, or not with the embeddings. It never quotes a text, a key or an answer.

    retry_after: in how many seconds it may be worth asking again, where somebody said so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TextRefused(ZavaError):
    """The embedding service works and will not take one of the texts: asking again is of no use."""


class Unauthenticated(ZavaError):
    """The request carries no token, or one that does not hold. The reason never quotes the token."""


class Forbidden(ZavaError):
    """The caller is known and asks for rows that its grants do not cover."""


class ToolFault(ZavaError):
    """A call that failed in a way its caller can act on.

    problem: one sentence of what was wrong. remedy: one sentence of what to do next.
    Neither ever holds a secret, a traceback or another tenant's value.
    """

    code: ClassVar[str]

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{self.code}: {problem} {remedy}")
        self.problem = problem
        self.remedy = remedy

    def details(self) -> dict[str, object]:
        """What a program can read beside the sentence: JSON-serialisable."""
        return {"code": self.code, "problem": self.problem, "remedy": self.remedy}


class ValidationFault(ToolFault):
    """An argument is outside its bounds."""

    code = "VALIDATION_ERROR"


class AuthorizationFault(ToolFault):
    """The caller may not use this tool or see this store."""

    code = "AUTHORIZATION_ERROR"


class InsufficientScope(AuthorizationFault):
    """The token was not issued for such calls. scopes: every one that this call needs."""

    def __init__(self, *scopes: str) -> None:
        named = " ".join(scopes)
        super().__init__(f"The call needs a token with the scope {named}.", "Ask for such a token and call again.")
        self.scopes = scopes


class SqlNotAllowed(ToolFault):
    """The statement is something else than one SELECT over the data, or names what callers may not use.

    position counts characters of the caller's text from 1, where one place is to blame.
    """

    code = "SQL_NOT_ALLOWED"

    def __init__(self, problem: str, remedy: str, *, position: int | None = None) -> None:
        super().__init__(problem, remedy)
        self.position = position

    def details(self) -> dict[str, object]:
        """The common details and, if there is one, the position."""
        return super().details() | ({} if self.position is None else {"position": self.position})


class SqlFault(ToolFault):
    """PostgreSQL refused the statement. position counts characters of the caller's text from 1."""

    code = "SQL_ERROR"

    def __init__(self, problem: str, remedy: str, *, sqlstate: str, position: int | None) -> None:
        super().__init__(problem, remedy)
        self.sqlstate = sqlstate
        self.position = position

    def details(self) -> dict[str, object]:
        """The common details, SQLSTATE and position."""
        return super().details() | {"sqlstate": self.sqlstate, "position": self.position}


class QueryTimeout(ToolFault):
    """The statement ran into the server's time limit."""

    code = "QUERY_TIMEOUT"


class TooExpensive(ToolFault):
    """The statement would return or use more than one call may."""

    code = "TOO_EXPENSIVE"


class ComeBackLater(ToolFault):
    """The same call may succeed a little later. retry_after is in seconds."""

    def __init__(self, problem: str, remedy: str, *, retry_after: int) -> None:
        super().__init__(problem, remedy)
        self.retry_after = retry_after

    def details(self) -> dict[str, object]:
        """The common details and the seconds to wait."""
        return super().details() | {"retry_after": self.retry_after}


class Unavailable(ComeBackLater):
    """Something this call needs is down or busy."""

    code = "UNAVAILABLE"


class UnknownSigningKey(Unavailable):
    """The database knows none of the signing keys."""

    def __init__(self) -> None:
        super().__init__("The database does not know the current signing key.", "Try again shortly.", retry_after=30)


class RateLimited(ComeBackLater):
    """The caller has as many calls under way as it may."""

    code = "RATE_LIMITED"
