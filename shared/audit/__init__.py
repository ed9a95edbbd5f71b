"""The audit trail: a chained row for each call, in a spool before its answer leaves, in the database soon after."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from shared.audit.entry import NameOf
from shared.audit.spool import Spool
from shared.audit.trail import AuditTrail
from shared.services import Services
from shared.settings import Settings


def open_audit(services: Services, name_of: NameOf) -> AuditTrail:
    """The trail of one process."""
    return AuditTrail(services.jobs_pool, spool_of(services.settings), name_of, services.components)


def spool_of(settings: Settings) -> Spool:
    """In the folder that AUDIT_SPOOL names, or in a private one of this user and this database."""
    if settings.audit_spool:
        return Spool(Path(settings.audit_spool), private=False)
    database = urlsplit(settings.jobs_database_url)
    named = f"{database.hostname}:{database.port}{database.path}"
    name = f"zava-audit-{os.getuid()}-{hashlib.sha256(named.encode()).hexdigest()[:12]}"
    return Spool(Path(tempfile.gettempdir()) / name, private=True)
