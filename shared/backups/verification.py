"""What became of a backup that was restored and looked at: a signed report beside its manifest."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, ValidationError

from shared.backups.blob_store import BlobStore
from shared.backups.signature import Keys, signed, verified
from shared.errors import BackupRefused

REPORT = "verification.json"
MOST_BYTES = 1 << 20

_DOMAIN = b"zava-backup-verification-1\n"


class Outcome(BaseModel):
    """One thing that was looked at in the restored database. detail: what holds, or what stands against it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    holds: bool
    detail: str


class Verification(BaseModel):
    """id: of the backup. rows: restored and compared. problem: why it does not hold; None where it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["zava-verification-1"] = "zava-verification-1"
    id: str
    verified_at: AwareDatetime
    seconds: NonNegativeFloat
    rows: NonNegativeInt = 0
    problem: str | None = None
    checks: tuple[Outcome, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the backup is one."""
        return self.problem is None


def write_verification(store: BlobStore, report: Verification, keys: Keys) -> None:
    """In place of an earlier one."""
    text = report.model_dump_json(indent=1).encode() + b"\n"
    store.put(f"{report.id}/{REPORT}", signed(text, keys, _DOMAIN))


def read_verification(store: BlobStore, backup_id: str, keys: Keys) -> Verification | None:
    """None where the backup was not verified, or where the report is not one that this installation signed for it."""
    try:
        text = verified(store.get(f"{backup_id}/{REPORT}", MOST_BYTES), keys, _DOMAIN)
        report = Verification.model_validate_json(text) if text is not None else None
    except (BackupRefused, ValidationError):
        return None
    return report if report is not None and report.id == backup_id else None
