"""The state folder of a local stack: its lock, its secrets, its passwords, and where it can be reached."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.keys.private_file import held, write_private

SECRET_NAMES = ("rls-signing-key", "cursor-signing-key", "backup-signing-key", "request-state-key", "openai-api-key")
DATABASE = "zava"
VERIFICATION = "zava_verification"
"""The database that backups are restored into."""
LOGIN_ROLES = ("zava_app", "zava_jobs", "zava_backup", "zava_keys", "zava_verify")


class AlreadyRunning(Exception):
    """Another process holds the folder."""


class StateFolder:
    """Paths and small files of one stack. Everything in it is private to its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.postgres = self.path / "postgres"
        self.secrets = self.path / "secrets.json"
        self.timers = self.path / "timers.json"
        self.audit_spool = self.path / "audit"
        self.backups = self.path / "backups"
        self.host_log = self.path / "host.log"
        self.issuer_log = self.path / "issuer.log"
        self.embedder_log = self.path / "embedder.log"
        self.refresh_log = self.path / "refresh.log"
        self._stack = self.path / "stack.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the kernel lets go of it when this process ends in whatever way."""
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)  # PostgreSQL may have to pass through
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise AlreadyRunning(lock.read().strip()) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def holder(self) -> str | None:
        """The id of the process that holds the folder, as it wrote it; None where nobody does."""
        try:
            with (self.path / "lock").open() as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return lock.read().strip()
        except (FileNotFoundError, NotADirectoryError):
            pass
        return None

    def secret_values(self) -> dict[str, list[dict[str, Any]]]:
        """What Key Vault holds in Azure, each made at the first call: name → versions, newest first."""
        made = {
            name: [
                {
                    "version": secrets.token_hex(16),
                    "value": base64.b64encode(secrets.token_bytes(32)).decode(),
                    "created": time.time(),
                }
            ]
            for name in SECRET_NAMES
        }
        with held(self.secrets):  # keys may be rotated meanwhile
            return self._kept(self.secrets, made)

    def signing_keys(self) -> list[dict[str, Any]]:
        """Those that sign contexts, newest first; the database knows each."""
        return [each for each in self.secret_values()["rls-signing-key"] if each.get("enabled", True)]

    def passwords(self) -> dict[str, str]:
        """Passwords of the login roles, each made at the first call."""
        return self._kept(self.path / "passwords.json", {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES})

    def write_stack(self, stack: dict[str, Any]) -> None:
        """Say where the running stack can be reached."""
        write_private(self._stack, stack)

    def stack(self) -> dict[str, Any] | None:
        """Where the stack can be reached, or could when it last ran."""
        try:
            found: dict[str, Any] = json.loads(self._stack.read_text())
            return found
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None

    def _kept[T](self, path: Path, made: dict[str, T]) -> dict[str, T]:
        """What the file has, and of what is made now the names that it lacks: an older release knew fewer."""
        kept: dict[str, T] = json.loads(path.read_text()) if path.exists() else {}
        if made.keys() - kept.keys():
            kept = made | kept
            write_private(path, kept)
        return kept
