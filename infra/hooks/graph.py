"""Microsoft Graph, as far as an app registration needs it."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx2

from infra.hooks.deployment import HookRefused

URL = "https://graph.microsoft.com/v1.0"
SCOPE = "https://graph.microsoft.com/.default"
ATTEMPTS = 5
"""Of a request that is throttled or fails on their side."""
LAG_SECONDS = 90
"""How long what was just made may be unknown elsewhere in the directory."""

type Document = dict[str, Any]


class GraphRefused(HookRefused):
    """Graph answered with an error. status: that of HTTP."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status

    @property
    def is_for_want_of_rights(self) -> bool:
        """As a pipeline's login has none."""
        return self.status in (401, 403)


class Graph:
    """token: gives a bearer token. pause: waits for so many seconds."""

    def __init__(
        self,
        http: httpx2.Client,
        token: Callable[[], str],
        *,
        url: str = URL,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._token = token
        self._url = url
        self._pause = pause

    def found(self, path: str) -> Document | None:
        """None where there is no such thing."""
        try:
            return self._answer("GET", path)
        except GraphRefused as refused:
            if refused.status == 404:
                return None
            raise

    def listed(self, path: str) -> list[Document]:
        """All of a collection, page by page."""
        values: list[Document] = []
        following: str | None = path
        while following:
            page = self._answer("GET", following)
            values += page.get("value", [])
            following = str(page.get("@odata.nextLink", "")).removeprefix(self._url) or None
        return values

    def add(self, path: str, document: Document) -> Document:
        """What was made of it."""
        return self._answer("POST", path, document)

    def change(self, path: str, document: Document) -> None:
        """Of something that is there."""
        self._answer("PATCH", path, document)

    def put(self, path: str, document: Document) -> None:
        """Made if it is missing, else changed."""
        self._answer("PATCH", path, document, {"Prefer": "create-if-missing"})

    def settled[T](self, attempt: Callable[[], T | None]) -> T:
        """The first answer, while the directory does not yet know everywhere what was just made."""
        deadline, wait = time.monotonic() + LAG_SECONDS, 1.0
        while True:
            refused: GraphRefused | None = None
            try:
                if (answer := attempt()) is not None:
                    return answer
            except GraphRefused as problem:
                if problem.status not in (400, 404):
                    raise
                refused = problem
            if time.monotonic() > deadline:
                raise refused or HookRefused("Graph does not know what was made a minute ago; run this again")
            self._pause(wait)
            wait = min(wait * 2, 10)

    def _answer(
        self, method: str, path: str, document: Document | None = None, headers: dict[str, str] | None = None
    ) -> Document:
        for attempt in range(1, ATTEMPTS + 1):
            authorization = {"authorization": f"Bearer {self._token()}"}
            try:
                response = self._http.request(
                    method, self._url + path, json=document, headers=authorization | (headers or {})
                )
            except httpx2.HTTPError as error:
                raise HookRefused(f"Graph cannot be reached: {type(error).__name__}") from error
            if response.status_code not in (429, 500, 502, 503, 504) or attempt == ATTEMPTS:
                break
            self._pause(_seconds(response.headers.get("retry-after"), 2.0**attempt))
        if response.is_success:
            return dict(response.json()) if response.content else {}
        raise GraphRefused(response.status_code, f"Graph refuses {method} {path}: {_problem(response)}")


def key(name: str, value: str) -> str:
    """An alternate key in a path, such as (appId='…')."""
    return f"({name}='{quote(value.replace("'", "''"), safe='')}')"


def _seconds(text: str | None, otherwise: float) -> float:
    return float(text) if text and text.isdigit() else otherwise


def _problem(response: httpx2.Response) -> str:
    try:
        error = response.json()["error"]
        return f"{response.status_code} {error['code']}, {error['message']}"
    except (ValueError, KeyError, TypeError):
        return str(response.status_code)
