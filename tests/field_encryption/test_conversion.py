"""`python -m shared encrypt-fields` as an operator runs it: every row exactly right, whatever comes in between."""

import base64
import json
import os
import random
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from shared.commands.encrypt_fields import LOCK
from shared.field_encryption.conversion import BATCH
from shared.field_encryption.data_key import DataKey
from shared.field_encryption.token import stored_token
from shared.vault import Secret
from tests.conftest import REPOSITORY, Database
from tests.field_encryption.conftest import CUSTOMERS, Encrypt, Stored, environ_of, execute, stored


def keys_of(found: Stored) -> set[int]:
    """The data keys of all values, each of which has to be an encrypted one, in the row that it was made for."""
    keys = set()
    for customer_id, values in found.items():
        for field, value in zip(("email", "phone"), values, strict=True):
            if value is not None:
                token = stored_token(value)
                assert token is not None
                assert (token.field, token.customer_id) == (field, customer_id)
                keys.add(token.key_id)
    return keys


TERMINATE = b"X\x00\x00\x00\x04"
"""What a client of PostgreSQL says last."""


@contextmanager
def lingering(url: str) -> Iterator[str]:
    """The same URL, to a server that does not notice when a client is gone before this is over."""
    port, kept = urlsplit(url).port, list[socket.socket]()
    assert port

    class Line(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            kept.append(server := socket.create_connection(("127.0.0.1", port)))
            threading.Thread(target=_pass_on, args=(server, self.request), daemon=True).start()
            _pass_on(self.request, server)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line) as listener:
        listener.daemon_threads = True
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield url.replace(f":{port}/", f":{listener.server_address[1]}/")
        listener.shutdown()
        for server in kept:
            server.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data.removesuffix(TERMINATE))
    except OSError:
        pass


def test_all_is_encrypted_and_comes_back_exactly(encrypt: Encrypt, small: Database, originals: Stored) -> None:
    done = encrypt("--json")
    assert done.status == 0
    assert done.outcome()["changed_rows"] == CUSTOMERS
    assert done.outcome()["encrypted_values"] == {"1": CUSTOMERS * 2 - CUSTOMERS // 10}
    found = stored(small)
    assert keys_of(found) == {1}
    assert [each for each, (_, phone) in found.items() if phone is None] == [*range(10, CUSTOMERS + 1, 10)]
    assert len({email for email, _ in found.values()}) == CUSTOMERS
    assert encrypt("--decrypt").status == 0
    assert stored(small) == originals


def test_a_second_run_changes_nothing(encrypt: Encrypt, small: Database) -> None:
    encrypt()
    before = stored(small)
    assert encrypt("--json").outcome()["changed_rows"] == 0
    assert stored(small) == before


def test_a_dry_run_counts_and_changes_nothing(encrypt: Encrypt, small: Database, originals: Stored) -> None:
    outcome = encrypt("--dry-run", "--json").outcome()
    assert (outcome["plain_values"], outcome["encrypted_values"]) == (CUSTOMERS * 2 - CUSTOMERS // 10, {})
    assert stored(small) == originals
    assert execute(small, "SELECT count(*) FROM ops.field_keys").fetchone() == (0,)


def test_a_rotation_leaves_one_key_in_use(encrypt: Encrypt, small: Database, originals: Stored) -> None:
    encrypt()
    before = stored(small)
    outcome = encrypt("--rotate", "--json").outcome()
    assert (outcome["changed_rows"], outcome["keys_retired"]) == (CUSTOMERS, 1)
    assert keys_of(stored(small)) == {2}
    assert not {email for email, _ in before.values()} & {email for email, _ in stored(small).values()}
    assert execute(small, "SELECT key_id, retired_at IS NULL FROM ops.field_keys ORDER BY 1").fetchall() == [
        (1, False),
        (2, True),
    ]
    encrypt("--decrypt")
    assert stored(small) == originals


def test_a_new_wrapping_key_changes_no_row_and_the_old_one_may_end(
    encrypt: Encrypt, small: Database, file: Path, originals: Stored
) -> None:
    encrypt()
    before = stored(small)
    secrets = json.loads(file.read_text())
    [old] = secrets["field-encryption-key"]
    new = {**old, "version": "wrapping-2", "value": base64.b64encode(b"v" * 32).decode()}
    file.write_text(json.dumps({**secrets, "field-encryption-key": [new, old]}))
    outcome = encrypt("--json").outcome()
    assert (outcome["changed_rows"], outcome["keys_rewrapped"]) == (0, 1)
    assert outcome["wrapped_by"] == ["wrapping-2"]
    assert stored(small) == before
    file.write_text(json.dumps({**secrets, "field-encryption-key": [new]}))
    assert encrypt("--decrypt").status == 0
    assert stored(small) == originals


def test_the_first_run_brings_the_wrapping_key(encrypt: Encrypt, file: Path) -> None:
    secrets = json.loads(file.read_text())
    del secrets["field-encryption-key"]
    file.write_text(json.dumps(secrets))
    assert encrypt().status == 0
    [version] = json.loads(file.read_text())["field-encryption-key"]
    assert version["enabled"]


def test_without_the_wrapping_key_nothing_is_touched(encrypt: Encrypt, small: Database, file: Path) -> None:
    encrypt()
    before = stored(small)
    secrets = json.loads(file.read_text())
    secrets["field-encryption-key"][0]["enabled"] = False
    file.write_text(json.dumps(secrets))
    for arguments in ((), ("--rotate",), ("--decrypt",), ("--new-wrapping-key",)):
        done = encrypt(*arguments)
        assert (done.status, done.stdout) == (3, "")
        assert "has no enabled version" in done.stderr
    assert stored(small) == before


def test_what_does_not_open_is_left_and_counted(encrypt: Encrypt, small: Database, originals: Stored) -> None:
    encrypt()
    execute(small, "UPDATE retail.customers SET email = (SELECT email FROM retail.customers WHERE customer_id = 2)"
            " WHERE customer_id = 1")  # fmt: skip
    execute(small, "UPDATE retail.customers SET phone = left(phone, -3) || 'aa.' WHERE customer_id = 3")
    kept = stored(small)
    done = encrypt("--decrypt", "--json")
    assert (done.status, done.outcome()["values_left"], done.outcome()["keys_retired"]) == (1, 2, 0)
    found = stored(small)
    assert (found[1][0], found[3][1]) == (kept[1][0], kept[3][1])
    kept_back = {1: (found[1][0], originals[1][1]), 3: (originals[3][0], found[3][1])}
    assert found == originals | kept_back


def test_an_address_that_is_taken_by_now_stays_encrypted(encrypt: Encrypt, small: Database, originals: Stored) -> None:
    """No index knows that two encrypted values are equal; who decrypts is told, and all others are plain."""
    encrypt()
    execute(
        small, "INSERT INTO retail.customers (customer_id, first_name, last_name, email, primary_store_id)"
        " SELECT %s, 'a', 'b', %s, primary_store_id FROM retail.customers WHERE customer_id = 700",
        CUSTOMERS + 1, originals[700][0],
    )  # fmt: skip
    done = encrypt("--decrypt", "--json")
    assert (done.status, done.outcome()["values_left"]) == (1, 1)
    assert [customer for customer, (email, _) in stored(small).items() if email.startswith("zenc1")] == [700]


def test_text_that_only_looks_encrypted_stays_as_it_is(encrypt: Encrypt, small: Database) -> None:
    """Somebody may give such an address. A whole one counts as encrypted and never opens; a part of one is plain."""
    execute(small, "UPDATE retail.customers SET email = 'zenc1.email.1.5.aaaa.' WHERE customer_id = 5")
    execute(small, "UPDATE retail.customers SET email = 'x zenc1.email.1.6.aaaa. x' WHERE customer_id = 6")
    before = stored(small)
    assert encrypt().status == 0
    done = encrypt("--decrypt", "--json")
    assert (done.status, done.outcome()["values_left"]) == (1, 1)
    assert stored(small) == before


@pytest.mark.parametrize(
    ("before", "killed", "then", "end"),
    [((), (), (), 1), (((),), ("--rotate",), (), 2), (((),), ("--decrypt",), ("--decrypt",), None)],
    ids=["encrypting", "rotating", "decrypting"],
)
def test_a_run_that_is_killed_leaves_rows_whole_and_the_next_one_goes_on(
    encrypt: Encrypt, small: Database, file: Path, originals: Stored,
    before: tuple[tuple[str, ...], ...], killed: tuple[str, ...], then: tuple[str, ...], end: int | None,
) -> None:  # fmt: skip
    """Killed in the middle of a batch: of any, by chance of the day, for none may matter."""
    for arguments in before:
        encrypt(*arguments)
    row = random.randrange(1, CUSTOMERS + 1)
    kill_at(row, small, file, killed)
    assert opened(small, file) == originals, row
    assert encrypt(*then, "--json").outcome()["changed_rows"] == CUSTOMERS - (row - 1) // BATCH * BATCH
    found = stored(small)
    assert opened(small, file) == originals
    assert found == originals if end is None else keys_of(found) == {end}


def kill_at(row: int, database: Database, file: Path, arguments: tuple[str, ...]) -> None:
    """SIGKILL to a process of the command while it waits for that row."""
    with database.as_superuser() as superuser, superuser.transaction():
        superuser.execute("SELECT FROM retail.customers WHERE customer_id = %s FOR UPDATE", (row,))
        process = subprocess.Popen(
            [sys.executable, "-m", "shared", "encrypt-fields", *arguments],
            cwd=REPOSITORY, env=os.environ | environ_of(database, file),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        waiting = "SELECT pid FROM pg_locks WHERE NOT granted"
        while process.poll() is None and not superuser.execute(waiting).fetchall():
            time.sleep(0.01)
        assert process.poll() is None
        process.kill()
        process.wait()
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")
    with database.as_superuser() as superuser:
        while superuser.execute("SELECT FROM pg_locks WHERE locktype = 'advisory'").fetchall():
            time.sleep(0.01)


def opened(database: Database, file: Path) -> Stored:
    """What is stored, in plain text, by the keys in the database and in the file."""
    [wrapping] = json.loads(file.read_text())["field-encryption-key"]
    secret = Secret("field-encryption-key", wrapping["value"], wrapping["version"])
    keys = {
        key_id: DataKey.unwrapped(key_id, wrapped, secret)
        for key_id, wrapped in execute(database, "SELECT key_id, wrapped FROM ops.field_keys").fetchall()
    }

    def plain(value: str | None) -> str | None:
        token = stored_token(value) if value else None
        if token is None:
            return value
        key = keys[token.key_id]
        assert key
        return key.decrypted(token)

    return {each: (plain(email) or "", plain(phone)) for each, (email, phone) in stored(database).items()}


def test_who_writes_meanwhile_loses_nothing(encrypt: Encrypt, small: Database, file: Path, originals: Stored) -> None:
    """Addresses change, customers come and go while values are encrypted, rotated and decrypted."""
    written, stop, problems = dict(originals), threading.Event(), list[psycopg.Error]()

    def write() -> None:
        chance = random.Random(1)
        with small.as_superuser() as superuser:
            for number in range(100_000):
                if stop.is_set():
                    return
                customer = chance.randrange(1, CUSTOMERS + 1)
                new = f"changed-{number}@example.com"
                try:
                    superuser.execute("UPDATE retail.customers SET email = %s WHERE customer_id = %s", (new, customer))
                except psycopg.Error as error:
                    problems.append(error)
                    return
                written[customer] = new, written[customer][1]

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for arguments in ((), ("--rotate",), ("--decrypt",), (), ("--decrypt",)):
            assert encrypt(*arguments).status == 0
    finally:
        stop.set()
        writer.join()
    assert not problems
    assert len({email for email, _ in written.values()} - {email for email, _ in originals.values()}) > 50
    encrypt()
    assert keys_of(stored(small)) == {4}
    assert opened(small, file) == written


def test_two_runs_at_once_are_one_too_many(encrypt: Encrypt, small: Database) -> None:
    with small.as_superuser() as other:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        done = encrypt()
    assert (done.status, done.stderr) == (1, "encrypt-fields: another run is at work\n")


def test_a_server_that_is_slow_to_end_a_session_does_not_keep_the_next_run_out(
    encrypt: Encrypt, small: Database, file: Path
) -> None:
    with lingering(small.owner_url) as url:
        statuses = [encrypt(*arguments, OWNER_DATABASE_URL=url).status for arguments in ((), ("--decrypt",))]
        secrets = json.loads(file.read_text())
        secrets["field-encryption-key"][0]["enabled"] = False
        file.write_text(json.dumps(secrets))
        statuses += [encrypt(OWNER_DATABASE_URL=url).status for _ in range(2)]
    assert statuses == [0, 0, 3, 3]


def test_it_needs_the_owners_url(encrypt: Encrypt, small: Database) -> None:
    assert "OWNER_DATABASE_URL is missing" in encrypt(OWNER_DATABASE_URL="").stderr
    done = encrypt(OWNER_DATABASE_URL=small.app_url)
    assert (done.status, done.stderr) == (
        3,
        'encrypt-fields: the database says: permission denied to set role "zava_owner"\n',
    )
