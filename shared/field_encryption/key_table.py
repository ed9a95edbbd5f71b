"""The data keys of a database, for who may change them: its owner, with the versions of the key that wraps them."""

from typing import Any

import psycopg

from shared.database.queries import named_queries
from shared.errors import FieldsNotConverted
from shared.field_encryption.data_key import SECRET, DataKey, unwrapped_by
from shared.vault import Secret


class KeyTable:
    """ops.field_keys, read once: one run at a time changes it. Raises psycopg's errors."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]], wrapping: list[Secret]) -> None:
        """wrapping: enabled versions, newest first."""
        self._connection = connection
        self._queries = named_queries("field_encryption")
        self._wrapping = wrapping
        self._rows = connection.execute(self._queries["keys"]).fetchall()
        found = (
            (row["key_id"], unwrapped_by(wrapping, row["key_id"], row["kid"], row["wrapped"])) for row in self._rows
        )
        self.keys: dict[int, DataKey] = {key_id: key for key_id, key in found if key is not None}
        """Those that could be unwrapped, retired ones included."""

    @property
    def in_use(self) -> list[int]:
        """Ids of the keys that are not retired, in order of age."""
        return [row["key_id"] for row in self._rows if not row["retired"]]

    def current(self) -> DataKey:
        """The newest key that is not retired; a new one where there is none. Raises FieldsNotConverted."""
        if not self.in_use:
            return self.add()
        if (key := self.keys.get(self.in_use[-1])) is None:
            raise FieldsNotConverted(
                f"data key {self.in_use[-1]} does not open with any version of {SECRET} in the vault"
            )
        return key

    def add(self) -> DataKey:
        """A new key, committed before anything is encrypted with it. Raises SecretUnavailable."""
        key = DataKey.new(max((row["key_id"] for row in self._rows), default=0) + 1)
        newest = self._wrapping[0]
        row = {"key_id": key.key_id, "wrapped": key.wrapped(newest), "kid": newest.version, "retired": False}
        self._connection.execute(self._queries["add_key"], row)
        self._rows.append(row)
        self.keys[key.key_id] = key
        return key

    def rewrap(self) -> int:
        """How many keys the newest version now wraps that another one wrapped before. Raises SecretUnavailable."""
        if not self._wrapping:
            return 0
        newest = self._wrapping[0]
        old = [row for row in self._rows if row["kid"] != newest.version and row["key_id"] in self.keys]
        for row in old:
            row["wrapped"], row["kid"] = self.keys[row["key_id"]].wrapped(newest), newest.version
            self._connection.execute(self._queries["rewrap"], row)
        return len(old)

    def retire_unused(self, current: DataKey | None) -> int:
        """How many keys end, because no row has a value of theirs."""
        asked = {"current": current.key_id if current else 0}
        return len(self._connection.execute(self._queries["retire"], asked).fetchall())

    def wrapped_by(self) -> list[str]:
        """The versions of the wrapping key that must not be disabled."""
        return sorted({row["kid"] for row in self._rows})
