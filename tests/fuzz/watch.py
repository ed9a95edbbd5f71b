"""What no reply and no line of the log may hold, and the forms that a reply may have."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.fuzz.wire import Reply
from tests.stack import RunningStack

EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
FOREIGN_EMAILS = """
SELECT email FROM retail.customers EXCEPT
SELECT email FROM retail.customers c WHERE primary_store_id = 7 OR EXISTS (
    SELECT FROM retail.orders o WHERE o.customer_id = c.customer_id AND o.store_id = 7)
"""
INTERNALS = ("Traceback (most recent", "site-packages", '.py", line', "Error executing tool", "psycopg")
MISHAPS = ("Traceback", "Unhandled", "Exception", " ERROR ", " CRITICAL ", "(Failed,")
INTERNAL_ERROR = -32603


class Watch:
    """Secrets of the running stack and what belongs to other stores than Kirkland."""

    def __init__(self, stack: RunningStack, token: str) -> None:
        with stack.connect("SUPERUSER_DATABASE_URL") as superuser:
            self._foreign = {email for (email,) in superuser.execute(FOREIGN_EMAILS)}
        self._secrets = {*_secrets(stack), token.rpartition(".")[2]}
        self._log = stack.state / "host.log"
        self._seen = self._log.stat().st_size
        self.own_emails = 0
        """How many addresses of customers went by, so that a watch that has seen nothing does not count."""

    def faults(self, reply: Reply) -> list[str]:
        """What is wrong with a reply."""
        text = " ".join([reply.body.decode(errors="replace"), *reply.headers.values()])
        emails = set(EMAIL.findall(text))
        self.own_emails += len(emails - self._foreign)
        found = [f"shows {email}, another store's" for email in sorted(emails & self._foreign)[:3]]
        found += [f"shows the secret {secret[:6]}…" for secret in self._secrets if secret in text]
        found += [f"shows internals: {word}" for word in INTERNALS if word in text]
        if reply.status >= 500:
            found.append(f"status {reply.status}")
        return found + list(_malformed(reply))

    def faults_of_the_log(self) -> list[str]:
        """What is wrong with the lines since the last look."""
        with self._log.open("rb") as log:
            log.seek(self._seen)
            new = log.read().decode(errors="replace")
            self._seen = log.tell()
        mishaps = [line for line in new.splitlines() if any(word in line for word in MISHAPS)]
        return mishaps + [f"the log shows the secret {secret[:6]}…" for secret in self._secrets if secret in new]


def _secrets(stack: RunningStack) -> Iterator[str]:
    """Each as it would be seen, in whatever it is wrapped."""
    kept: dict[str, list[dict[str, str]]] = json.loads((stack.state / "secrets.json").read_text())
    yield from (version["value"] for versions in kept.values() for version in versions)
    yield from json.loads((stack.state / "passwords.json").read_text()).values()
    for url in stack.noted["environment"].values():
        password = urlsplit(url).password
        yield from (password, unquote(password))
    yield (stack.state / "token-issuer-client-secret").read_text()
    yield from (line for line in Path(stack.state / "token-issuer.pem").read_text().splitlines()[1:] if len(line) == 64)


def _malformed(reply: Reply) -> Iterator[str]:
    """How the body differs from what its content type says."""
    media_type = reply.headers.get("content-type", "").partition(";")[0]
    try:
        text = reply.body.decode()
        if not text:
            if reply.status == 200 and reply.headers.get("content-length") == "0":  # to HEAD it says what GET would get
                yield "a success that says nothing"
        elif media_type == "application/json":
            yield from _wrong_json(_parsed(text), reply.status)
        elif media_type == "text/event-stream":
            events = [event for event in text.replace("\r\n", "\n").split("\n\n") if event]
            if not events:
                yield "a stream without an event"
            for event in events:
                yield from _wrong_message(_parsed(_data_of(event)))
        elif media_type not in ("text/plain", "text/html", "image/svg+xml"):
            yield f"a body of type {media_type!r}"
    except ValueError as error:
        yield f"not what its type says: {error}"


def _data_of(event: str) -> str:
    fields = [line.partition(":") for line in event.split("\n")]
    if unknown := {name for name, _, _ in fields} - {"event", "data", "id", "retry", ""}:
        raise ValueError(f"unknown fields {unknown}")
    return "\n".join(value.removeprefix(" ") for name, _, value in fields if name == "data")


def _parsed(text: str) -> Any:
    """Strict JSON: NaN and the infinities are none."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def _wrong_json(parsed: Any, status: int) -> Iterator[str]:
    if not isinstance(parsed, dict):
        yield "no JSON object"
    elif "jsonrpc" in parsed:
        yield from _wrong_message(parsed)
    elif status >= 400 and not isinstance(parsed.get("error"), str):
        yield "an error without its name"


def _wrong_message(message: Any) -> Iterator[str]:
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        yield "no JSON-RPC message"
    elif ("result" in message) == ("error" in message) and "method" not in message:
        yield "neither or both of result and error"
    elif "error" in message:
        error = message["error"]
        if not isinstance(error.get("code"), int) or not isinstance(error.get("message"), str):
            yield "an error without code or message"
        elif error["code"] == INTERNAL_ERROR:
            yield f"an internal error: {error['message']}"
