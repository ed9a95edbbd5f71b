"""What callers read of encrypted values, in every form that a SELECT can give them, through the tools."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import ResourceLink

from shared.caches.kept_answers import KeptAnswers
from shared.database.pool import open_pool
from shared.isolation.attestation import attest
from tests.clock import FakeClock
from tests.conftest import KEY, Database, caller_of, context_of, settings_for
from tests.field_encryption.conftest import (
    KIRKLAND,
    REDMOND,
    Encrypt,
    Stored,
    client_to,
    door_to,
    execute,
    stored,
)
from tests.tools.calls import data_of, rows_of, text_of

pytestmark = pytest.mark.anyio

HIDDEN, PHONE_HIDDEN = "[e-mail hidden]", "[phone hidden]"
UNREADABLE = "[e-mail unreadable]"
ALLOWED, NOT_ALLOWED = "kirkland", "redmond"


@pytest.fixture
def mine(small: Database) -> int:
    """A customer of Kirkland's with a telephone number."""
    return customer_of(small, KIRKLAND)


def customer_of(database: Database, store_id: int) -> int:
    [(customer_id,)] = execute(
        database,
        "SELECT min(customer_id) FROM retail.customers WHERE primary_store_id = %s AND phone IS NOT NULL",
        store_id,
    ).fetchall()
    return int(customer_id)


FORMS = {
    "a column": ("email", "{email}"),
    "another column": ("phone", "{phone}"),
    "beside text": ("'<' || email || '>'", "<{email}>"),
    "side by side": ("email || phone || email", "{email}{phone}{email}"),
    "text behind it": ("email || 'abc'", "{email}abc"),
    "lower": ("lower(email)", "{email}"),
    "upper": ("upper(email)", "{EMAIL}"),
    "initcap": ("initcap(email)", "{email}"),
    "an array": ("array_agg(email)", ["{email}"]),
    "an array of arrays": ("ARRAY[ARRAY[email, phone]]", [["{email}", "{phone}"]]),
    "json": ("json_agg(email)", ["{email}"]),
    "an object": ("jsonb_build_object(email, phone, 'x', 1)", {"{email}": "{phone}", "x": 1}),
    "a row": ("row_to_json(c)->>'email'", "{email}"),
    "string_agg": ("string_agg(email, ', ')", "{email}"),
    "as text of json": ("json_agg(email)::text", '["{email}"]'),
    "format": ("format('%s (%s)', email, phone)", "{email} ({phone})"),
    "coalesce": ("coalesce(NULL, email)", "{email}"),
}


def filled(form: Any, email: str, phone: str) -> Any:
    """The form with the values in their places."""
    if isinstance(form, str):
        return form.replace("{email}", email).replace("{phone}", phone).replace("{EMAIL}", email.upper())
    if isinstance(form, list):
        return [filled(each, email, phone) for each in form]
    if isinstance(form, dict):
        return {filled(key, email, phone): filled(each, email, phone) for key, each in form.items()}
    return form


async def forms_seen_by(client: Client, customer: int) -> dict[str, Any]:
    """Each form of one customer's values as the tool gives it."""
    seen = {}
    for name, (expression, _) in FORMS.items():
        group = "GROUP BY customer_id, email, phone" if "row" not in name else ""
        sql = f"SELECT {expression} FROM retail.customers c WHERE customer_id = {customer} {group}"
        [[seen[name]]] = await rows_of(client, sql)
    return seen


async def test_who_has_the_right_reads_every_form_plain(
    encrypt: Encrypt, small: Database, file: Path, mine: int, originals: Stored
) -> None:
    encrypt()
    async with client_to(small, file, ALLOWED) as client:
        seen = await forms_seen_by(client, mine)
    email, phone = originals[mine]
    assert phone
    assert seen == {name: filled(form, email, phone) for name, (_, form) in FORMS.items()}


async def test_who_has_not_reads_the_mask_in_every_form(encrypt: Encrypt, small: Database, file: Path) -> None:
    encrypt()
    async with client_to(small, file, NOT_ALLOWED) as client:
        seen = await forms_seen_by(client, customer_of(small, REDMOND))
    masked = {name: filled(form, HIDDEN, PHONE_HIDDEN) for name, (_, form) in FORMS.items()}
    assert seen == masked
    assert "zenc1" not in json.dumps(seen).lower()


async def test_no_right_is_the_default(small: Database) -> None:
    execute(
        small,
        "INSERT INTO access.principals (tenant_id, object_id, display_name, role)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'new', 'store_manager')",
    )
    rows = execute(small, "SELECT sees_contacts FROM access.principals WHERE display_name = 'new'").fetchall()
    execute(small, "DELETE FROM access.principals WHERE display_name = 'new'")
    assert rows == [(False,)]


async def test_the_right_ends_with_the_next_call(encrypt: Encrypt, small: Database, file: Path, mine: int) -> None:
    encrypt()
    sql = f"SELECT email FROM retail.customers WHERE customer_id = {mine}"
    principal = caller_of(ALLOWED).principal_id
    change = "UPDATE access.principals SET sees_contacts = %s WHERE principal_id = %s"
    async with client_to(small, file, ALLOWED) as client:
        assert "@example.com" in str(await rows_of(client, sql))
        execute(small, change, False, principal)
        try:
            assert await rows_of(client, sql) == [[HIDDEN]]
        finally:
            execute(small, change, True, principal)
        assert "@example.com" in str(await rows_of(client, sql))


async def test_rows_keep_their_number_and_null_stays_null(
    encrypt: Encrypt, small: Database, file: Path, originals: Stored
) -> None:
    encrypt()
    sql = "SELECT customer_id, email, phone FROM retail.customers ORDER BY customer_id"
    async with client_to(small, file, "head-office") as client:
        rows = await rows_of(client, sql, max_rows=1000)
        assert rows == [[each, *originals[each]] for each in range(1, 1001)]


async def test_keys_of_an_object_that_become_equal_lose_no_value(encrypt: Encrypt, small: Database, file: Path) -> None:
    encrypt()
    sql = "SELECT jsonb_object_agg(email, 1) FROM (SELECT email FROM retail.customers LIMIT 3) AS few"
    async with client_to(small, file, NOT_ALLOWED) as client:
        [[found]] = await rows_of(client, sql)
    assert sorted(found) == [HIDDEN, f"{HIDDEN} (2)", f"{HIDDEN} (3)"]


async def test_the_text_and_the_pages_of_a_result_hide_it_too(encrypt: Encrypt, small: Database, file: Path) -> None:
    encrypt()
    sql = "SELECT customer_id, email, phone FROM retail.customers ORDER BY customer_id"
    arguments: dict[str, Any] = {"postgresql_query": sql, "max_rows": 20}
    async with client_to(small, file, NOT_ALLOWED) as client:
        first = await client.call_tool("execute_sales_query", arguments)
        assert first.structured_content
        cursor = first.structured_content["next_cursor"]
        second = await client.call_tool("execute_sales_query", {**arguments, "cursor": cursor})
        [link] = [block for block in first.content if isinstance(block, ResourceLink)]
        whole = await client.read_resource(str(link.uri))
    for text in (text_of(first), text_of(second), whole.model_dump_json()):
        assert text.count(HIDDEN) >= 20
        assert not [part for part in ("zenc1", "@example.com", "555-") if part in text]


async def test_a_token_in_a_query_opens_no_other_stores_customer(
    encrypt: Encrypt, small: Database, file: Path, mine: int
) -> None:
    """Somebody without the right may get at the bytes, character by character, and hand them to somebody who has it."""
    encrypt()
    other = customer_of(small, REDMOND)
    found = stored(small)
    async with client_to(small, file, NOT_ALLOWED) as client:
        sql = f"SELECT regexp_split_to_array(email, '') FROM retail.customers WHERE customer_id = {other}"
        [[letters]] = await rows_of(client, sql)
        assert "".join(letters) == found[other][0]
    async with client_to(small, file, ALLOWED) as client:
        assert await rows_of(client, f"SELECT '{found[other][0]}'") == [[HIDDEN]]
        [[own]] = await rows_of(client, f"SELECT '{found[mine][0]}'")
        assert own.endswith("@example.com")


async def test_what_was_changed_or_put_elsewhere_says_that_it_cannot_be_read(
    encrypt: Encrypt, small: Database, file: Path, mine: int, caplog: pytest.LogCaptureFixture
) -> None:
    encrypt()
    token = stored(small)[mine][0]
    form, field, key_id, customer, data, _ = token.split(".")
    flipped = ("a" if data[20] != "a" else "b").join((data[:20], data[21:]))
    changed = {
        "flipped": (form, field, key_id, customer, flipped),
        "cut": (form, field, key_id, customer, data[:-8]),
        "no base32": (form, field, key_id, customer, "a"),
        "another column": (form, "phone", key_id, customer, data),
        "another key": (form, field, "99", customer, data),
    }
    async with client_to(small, file, ALLOWED) as client:
        for name, parts in changed.items():
            [[seen]] = await rows_of(client, f"SELECT '{'.'.join(parts)}.' || ' and ' || '{token}'")
            wanted = "[phone unreadable]" if "column" in name else UNREADABLE
            assert seen.startswith(f"{wanted} and "), name
            assert seen.endswith("@example.com"), name
    assert caplog.text.count("1 of 2 values could not be opened") == len(changed)
    assert data not in caplog.text
    assert "@example.com" not in caplog.text


async def test_without_the_wrapping_key_values_are_unreadable_and_all_else_is_answered(
    encrypt: Encrypt, small: Database, file: Path, mine: int, originals: Stored
) -> None:
    encrypt()
    secrets = json.loads(file.read_text())
    kept = secrets.pop("field-encryption-key")
    file.write_text(json.dumps(secrets))
    sql = f"SELECT customer_id, email FROM retail.customers WHERE customer_id = {mine}"
    async with client_to(small, file, ALLOWED) as client:
        assert await rows_of(client, sql) == [[mine, UNREADABLE]]
    other = [{**kept[0], "value": base64.b64encode(b"x" * 32).decode()}]
    file.write_text(json.dumps({**secrets, "field-encryption-key": other}))
    async with client_to(small, file, ALLOWED) as client:
        assert await rows_of(client, sql) == [[mine, UNREADABLE]]
    file.write_text(json.dumps({**secrets, "field-encryption-key": kept}))
    async with client_to(small, file, ALLOWED) as client:
        assert await rows_of(client, sql) == [[mine, originals[mine][0]]]


async def test_a_retired_key_opens_for_half_an_hour_more(
    encrypt: Encrypt, small: Database, file: Path, mine: int, originals: Stored
) -> None:
    encrypt()
    token = stored(small)[mine][0]
    encrypt("--rotate")
    async with client_to(small, file, ALLOWED) as client:
        assert await rows_of(client, f"SELECT '{token}'") == [[originals[mine][0]]]
        execute(small, "UPDATE ops.field_keys SET retired_at = retired_at - interval '31 minutes' WHERE key_id = 1")
        assert await rows_of(client, f"SELECT '{token}'") == [[UNREADABLE]]


async def test_kept_answers_hold_no_plain_text(encrypt: Encrypt, small: Database, file: Path, mine: int) -> None:
    """What is kept is as stored; each time it is given, the right is asked for."""
    encrypt()
    sql = f"SELECT email FROM retail.customers WHERE customer_id = {mine}"
    change = "UPDATE access.principals SET sees_contacts = %s WHERE principal_id = %s"
    async with door_to(small, file) as door:
        kept = KeptAnswers(door, FakeClock())
        caller = caller_of(ALLOWED)
        [[shown]] = (await kept.read(caller, sql, max_rows=1)).rows
        [entry] = kept._cache._kept.values()
        assert b"zenc1.email.1." in entry.value
        assert str(shown).encode() not in entry.value
        execute(small, change, False, caller.principal_id)
        try:
            assert (await kept.read(caller, sql, max_rows=1)).rows == [[HIDDEN]]
        finally:
            execute(small, change, True, caller.principal_id)
        await kept.close()


async def test_calls_go_on_while_all_is_encrypted_rotated_wrapped_anew_and_decrypted(
    encrypt: Encrypt, small: Database, file: Path, mine: int, originals: Stored
) -> None:
    """Each answer of each caller is whole and right: plain text or the mask, never anything else."""
    sql = "SELECT customer_id, email, phone FROM retail.customers WHERE primary_store_id = {} ORDER BY 1"
    wanted = [[mine, *originals[mine]]]
    ended, calls = asyncio.Event(), dict.fromkeys((ALLOWED, NOT_ALLOWED), 0)

    async def go_on(name: str) -> None:
        store = KIRKLAND if name == ALLOWED else REDMOND
        async with client_to(small, file, name) as client:
            while not ended.is_set():
                rows = await rows_of(client, sql.format(store), max_rows=1000)
                calls[name] += 1
                for customer, email, phone in rows:
                    if name == ALLOWED:
                        assert (email, phone) == originals[customer]
                    else:
                        assert email in (HIDDEN, originals[customer][0])
                        assert phone in (PHONE_HIDDEN, originals[customer][1])

    async def convert() -> None:
        try:
            for arguments in (
                (),
                ("--rotate",),
                ("--new-wrapping-key",),
                ("--rotate",),
                ("--decrypt",),
                (),
                ("--rotate",),
            ):
                assert (await asyncio.to_thread(encrypt, *arguments)).status == 0
        finally:
            ended.set()

    async with asyncio.TaskGroup() as group:
        for name in calls:
            group.create_task(go_on(name))
        group.create_task(convert())
    assert min(calls.values()) > 20
    async with client_to(small, file, ALLOWED) as client:
        assert await rows_of(client, sql.format(f"{KIRKLAND} AND customer_id = {mine}")) == wanted


async def test_describe_access_tells_whether_contacts_are_shown(small: Database, file: Path) -> None:
    for name, shown in ((ALLOWED, True), (NOT_ALLOWED, False), ("nobody", False)):
        async with client_to(small, file, name) as client:
            assert (await data_of(client, "describe_access"))["sees_contacts"] is shown


async def test_the_callers_login_gets_no_key_without_the_right(encrypt: Encrypt, small: Database) -> None:
    encrypt()
    for name, keys in ((ALLOWED, [1]), (NOT_ALLOWED, []), ("nobody", [])):
        with small.as_app(context_of(name)) as app:
            rows = app.execute("SELECT key_id FROM access.field_keys(ARRAY[1, 2])").fetchall()
            assert [key_id for (key_id,) in rows] == keys
    with small.as_app() as app:
        assert app.execute("SELECT access.sees_contacts()").fetchone() == (False,)
        assert app.execute("SELECT key_id FROM access.field_keys(ARRAY[1])").fetchall() == []


async def test_isolation_is_proven_with_encrypted_values(encrypt: Encrypt, small: Database) -> None:
    encrypt()
    async with open_pool(settings_for(small.app_url)) as pool, pool.connection() as connection:
        attestation = await attest(connection, [KEY])
    assert attestation.holds, attestation.report()
