"""Whatever is logged, by whom and however deep it lies: no secret, no person and no statement is in the line."""

import io
import json
import logging
import subprocess
import sys
import time
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.tokens import new_key
from shared.logs.masking import MASK, MAX_TEXT, masked, masked_text
from shared.logs.structured import JsonLines, Masking
from shared.logs.trace import Invocation, current_invocation
from shared.rls_context import sign_context
from tests.conftest import CURSOR_KEY, KEY, REPOSITORY, Database, caller_of
from tests.identity.running_issuer import RunningIssuer

JWT = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl-cGxhbnRlZA_x"
CONTEXT = sign_context(KEY.key(), KEY.version, caller_of("kirkland").principal_id)
PLANTED: dict[str, tuple[str, str]] = {
    "a JSON Web Token": (JWT, "c2lnbmF0dXJl"),
    "a bearer token": ("Bearer opaque.planted-token", "planted"),
    "a key in base64": (CURSOR_KEY.value, CURSOR_KEY.value[:20]),
    "a key of OpenAI's form": ("sk-proj-planted0123456789abcdefghijklmnopqrstuvwxyz0123", "planted"),
    "a database URL": ("postgresql://zava_app:planted%21@db.example:5432/zava?sslmode=verify-full", "planted"),
    "a redis URL": ("rediss://:planted@cache.example:6380/0", "planted"),
    "a password in a DSN": ("host=db.example user=zava_app password='planted secret' dbname=zava", "planted"),
    "a storage connection string": ("AccountName=zava;AccountKey=planted==;EndpointSuffix=core", "planted"),
    "a connection string of Application Insights": ("InstrumentationKey=planted-0000;IngestionEndpoint=x", "planted"),
    "a signature in a URL": ("https://blob.example/backup?sv=2024&sig=planted%3D&se=2027", "planted"),
    "JSON with a secret": ('{"client_secret": "planted \\" one", "grant": "x"}', "planted"),
    "a repr with several": ("{'api_key': ['planted', 'planted too'], 'a': 1}", "planted"),
    "an e-mail address": ("planted.person+shop@mail.example.com", "planted"),
    "an e-mail address of the world": ("plänted@exämple.example", "plänted"),
    "a telephone number": ("(206) 555-0123", "555-0123"),
    "another telephone number": ("+1 206 555 0123", "555 0123"),
    "a foreign telephone number": ("+4915112345678", "15112345678"),
    "a signed context": (CONTEXT, CONTEXT.rsplit("|", 1)[1]),
    "a plain signed context": (CONTEXT.replace("v1", "v1-plain", 1), CONTEXT.rsplit("|", 1)[1]),
    "a signed context of one table": (CONTEXT.replace("v1", "v1-single", 1), CONTEXT.rsplit("|", 1)[1]),
    "a query": ("SELECT planted\nFROM retail.customers WHERE email = 'x'", "planted"),
    "a query behind WITH": ("WITH planted AS (SELECT 1) TABLE planted", "planted"),
    "what PostgreSQL says of a query": ('syntax error at "x"\nLINE 1: planted here\n        ^', "planted"),
    "what PostgreSQL says of a row": ("duplicate key\nDETAIL:  Key (a)=(planted) already exists.", "planted"),
}
NAMES = ("message", "detail", "value", "0", "store", "what")
PRIVATE = ("password", "client_secret", "access_token", "Authorization", "postgresql_query", "email", "phone_number")


class Odd:
    """What has a repr of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return f"Odd({self.text})"


def nested(planted: str) -> st.SearchStrategy[object]:
    """The text somewhere in a value."""
    leaf = st.sampled_from([planted, f"before {planted}", Odd(planted), planted.encode()])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3),
            st.tuples(st.integers(), inner),
            st.dictionaries(st.sampled_from([*NAMES, planted]), inner, min_size=1, max_size=3),
        ),
        max_leaves=6,
    )


class Log:
    """A logger with one handler, as the host's is, and the line that came of the last record."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.addFilter(Masking())
        handler.setFormatter(JsonLines())
        self.logger = logging.Logger("a.library")  # noqa: LOG001  # of this test alone
        self.logger.addHandler(handler)

    def line(self) -> dict[str, Any]:
        text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        assert text.endswith("\n")
        assert text.count("\n") == 1
        line: dict[str, Any] = json.loads(text)
        return line


def read(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("kind", PLANTED)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_however_deep_it_lies_nothing_private_is_logged(kind: str, data: st.DataObject) -> None:
    planted, trace = PLANTED[kind]
    value, log = data.draw(nested(planted)), Log()
    log.logger.warning("it is %s", value)
    assert trace not in read(log.line())
    log.logger.warning("%s: %r", 7, value, extra={"told": value})
    assert trace not in read(log.line())
    log.logger.warning({"told": value})
    assert trace not in read(log.line())
    log.logger.warning("told %(message)s", {"message": value})
    assert trace not in read(log.line())


@pytest.mark.parametrize("kind", PLANTED)
def test_nothing_private_shows_in_what_an_exception_tells(kind: str) -> None:
    planted, trace = PLANTED[kind]
    log = Log()
    try:
        try:
            raise ValueError([planted])
        except ValueError as error:
            raise RuntimeError(planted) from error
    except RuntimeError:
        log.logger.exception("a failure")
    line = log.line()
    assert trace not in read(line)
    assert "ValueError" in line["exception"]
    assert "RuntimeError" in line["exception"]


@pytest.mark.parametrize("name", PRIVATE)
@given(value=st.one_of(st.sampled_from(["x", "SELECT 1", ""]), st.integers(), st.lists(st.just("y"), min_size=1)))
@settings(max_examples=8, deadline=None)
def test_what_a_private_field_holds_is_masked_whatever_it_is(name: str, value: object) -> None:
    assert masked({"a": [{name: value}]}) == {"a": [{name: MASK}]}


@pytest.mark.parametrize(
    "text",
    [
        "isolation is proven in 87 ms",
        "task 3f2a6d0e-1c7b-4b1e-9a53-2d7c5f0a9b11 is taken over (attempt 2)",
        "slow statement 47443ae5c40461b5 of the caller: 1.204 s",
        "GET http://127.0.0.1:7071/health/ready 200 in 2026-11-22T20:34:42+00:00",
        "isolation is not proven: policies: retail.orders has 2 policies for the login instead of one",
        "embedding service: the breaker was closed, is open",
    ],
)
def test_what_is_not_private_stays_as_it_is(text: str) -> None:
    assert masked_text(text) == text


def test_an_error_of_the_database_tells_its_kind_and_place_and_not_the_statement(sample: Database) -> None:
    log = Log()
    with sample.as_app() as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("SELECT planted FROM retail.stores")
    log.logger.error("failed", exc_info=caught.value)
    line = log.line()
    assert "UndefinedColumn" in line["exception"]
    assert "test_masking.py" in line["exception"]
    assert "FROM" not in line["exception"]


def test_a_line_says_when_what_and_to_which_operation_it_belongs() -> None:
    log = Log()
    token = current_invocation.set(
        Invocation("an-invocation", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    )
    try:
        log.logger.error("store %d: %s", 7, "closed\nfor today", extra={"count": 3})
    finally:
        current_invocation.reset(token)
    line = log.line()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "ERROR",
        "logger": "a.library",
        "message": "store 7: closed\nfor today",
        "invocation_id": "an-invocation",
        "operation_id": "0af7651916cd43dd8448eb211c80319c",
        "parent_id": "b7ad6b7169203331",
        "count": 3,
    }


def test_a_message_that_cannot_be_formatted_is_logged_all_the_same() -> None:
    log = Log()
    log.logger.error("%d of %s", "planted@mail.example")
    assert log.line()["message"] == "%d of %s"


@pytest.mark.parametrize(
    "piece", ["a", "a.", "1", "-", "+1 ", "://", "password=", "ey", "v1|", "select", "=", "[", '"', "\\n"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = (piece * MAX_TEXT)[: 2 * MAX_TEXT]
    began = time.process_time()
    assert len(masked_text(text)) <= MAX_TEXT + 1
    assert time.process_time() - began < 0.5


def test_a_value_of_many_parts_or_levels_is_masked_as_a_whole() -> None:
    deep: object = "x"
    for _ in range(1000):
        deep = [deep]
    assert MASK in json.dumps(masked(deep))
    assert masked({"many": list(range(10_000))}) == {"many": MASK}


def test_a_real_token_is_masked() -> None:
    issuer = RunningIssuer([new_key()])
    issuer.authority = "https://login.example"
    token, log = issuer.mint(), Log()
    log.logger.warning("refused %s", {"given": token})
    line = read(log.line())
    assert not any(part in line for part in token.split("."))


@pytest.mark.parametrize(("environ", "begins"), [({}, "WARNING:a.library:"), ({"WEBSITE_INSTANCE_ID": "1"}, '{"time"')])
def test_all_that_reaches_the_root_is_masked_and_json_in_azure(environ: dict[str, str], begins: str) -> None:
    script = f"""if True:
        import logging
        from shared.logs.structured import set_up_logging
        logging.basicConfig()
        for _ in range(2): set_up_logging({environ!r})
        assert len(logging.root.handlers[0].filters) == 1
        logging.getLogger("a.library").warning("from %s", "planted@mail.example", extra={{"password": "planted"}})
    """
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stderr.startswith(begins)
    assert "from ***" in done.stderr
    assert "planted" not in done.stderr
