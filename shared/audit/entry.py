"""A record of a call as the audit trail keeps it: no argument, no query, no text of the caller's."""

import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_bytes
from uuid import UUID, uuid4

from shared.telemetry.call_record import CallRecord

type NameOf = Callable[[str, str], str | None]
"""Method and name as a client wrote it to the server's own name of that thing; None where there is none."""

MAX_CLIENT_ID = 200
MAX_METHOD = 100
MAX_OUTCOME = 100
UNKNOWN_METHOD = "-32601"

_INVISIBLE = re.compile("[^!-~]")


@dataclass
class Instance:
    """Who keeps records: a process, by an id that nobody else has."""

    name_of: NameOf
    instance_id: UUID = field(default_factory=uuid4)
    key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)
    """Of the arguments' MAC. It ends with the process: nobody can try later what the arguments may have been."""

    def entry(self, record: CallRecord, number: int, calls: int = 1) -> bytes:
        """As JSON, with the columns of ops.audit for names."""
        caller = record.caller
        known = record.method is not None and record.outcome != UNKNOWN_METHOD
        told = {
            "instance_id": str(self.instance_id),
            "number": number,
            "began_at": record.began_at.isoformat(),
            "tenant_id": caller and str(caller.tenant_id),
            "object_id": caller and str(caller.object_id),
            "client_id": caller and _visible(caller.client_id, MAX_CLIENT_ID),
            "store_scope": str(caller.store_scope) if caller and caller.store_scope else None,
            "method": _visible(record.method, MAX_METHOD) if known and record.method else None,
            "name": self.name_of(record.method, record.name) if record.method and record.name else None,
            "task_id": record.task_id and str(record.task_id),
            "arguments_mac": record.arguments_hash and self._mac(record.arguments_hash),
            "outcome": _visible(record.outcome, MAX_OUTCOME),
            "calls": calls,
            "rows": record.rows,
            "bytes": record.bytes,
            "trace_id": record.trace_parent and record.trace_parent.split("-")[1],
        }
        return json.dumps({name: value for name, value in told.items() if value is not None}).encode()

    def _mac(self, arguments_hash: bytes) -> str:
        return "\\x" + hmac.digest(self.key, arguments_hash, "sha256").hex()


def _visible(text: str, longest: int) -> str:
    return _INVISIBLE.sub("?", text[:longest])
