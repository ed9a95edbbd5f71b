"""Where PostgreSQL's files may lie and whom it runs as: it refuses root, and its user must reach its files."""

import hashlib
import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

HOMES = Path("/var/tmp")  # noqa: S108  # names are keyed by path, and an owner other than us is refused
HOME_PREFIX = "zava-postgres-"


class HomeRefused(Exception):
    """The place for the files belongs to somebody else."""


class Identity(TypedDict, total=False):
    """Whom a program runs as; empty for who runs this."""

    user: int
    group: int


@dataclass(frozen=True)
class ServiceAccount:
    """PostgreSQL refuses to run as root; as root it runs as `nobody`."""

    uid: int
    gid: int

    @classmethod
    def for_this_process(cls) -> "ServiceAccount | None":
        """None where this process is not root."""
        if sys.platform == "win32" or os.geteuid() != 0:
            return None
        import pwd

        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)


def reachable_home(folder: Path) -> Path:
    """The folder itself, or where a parent shuts others out, one beside the system's temporary files.

    Opening the parents would change permissions that are not ours.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    home = HOMES / f"{HOME_PREFIX}{key}"
    # What lies there stays there, also when the parents are opened later.
    if traversable(folder.parent) and not (home / "initialised").exists():
        return folder
    remove_abandoned_homes()
    home.mkdir(mode=0o711, exist_ok=True)
    if not _is_ours(home):
        raise HomeRefused(f"{home} exists and is not ours; remove it and start again")
    (home / "origin").write_text(str(folder.resolve()))
    return home


def remove_abandoned_homes() -> None:
    """Homes whose folder was deleted, as a clone is when it is no longer wanted."""
    for home in HOMES.glob(f"{HOME_PREFIX}*"):
        origin = home / "origin"
        if _is_ours(home) and origin.exists() and not Path(origin.read_text()).exists():
            shutil.rmtree(home, ignore_errors=True)


def _is_ours(home: Path) -> bool:
    return not home.is_symlink() and home.stat().st_uid == os.geteuid()


def traversable(folder: Path) -> bool:
    """Whether other users may pass through the folder and all above it."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder.resolve(), *folder.resolve().parents))
