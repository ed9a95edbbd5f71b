"""The ingestion endpoint of Application Insights, as an ASGI application: it takes items, or fails as it is told."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

KEY = str(uuid4())


class IngestionEndpoint:
    """Tests write its attributes to make it fail, and read what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.items: list[dict[str, Any]] = []
        self.requests: list[tuple[str, int]] = []
        """Path and bytes of each."""
        self.authorizations: list[str | None] = []
        """The header of each."""
        self.answer: Response | None = None
        """In place of its own."""
        self.hanging = False

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={KEY};IngestionEndpoint={self.url}/;LiveEndpoint=https://live.example/"

    def of_type(self, base_type: str) -> list[dict[str, Any]]:
        """The data of the items of a kind."""
        return [item["data"]["baseData"] for item in self.items if item["data"]["baseType"] == base_type]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.of_type("EventData") if each["name"] == name]

    def metrics(self, name: str) -> list[dict[str, Any]]:
        """Points, with the properties beside them."""
        found = [(each["metrics"], each.get("properties", {})) for each in self.of_type("MetricData")]
        return [point | {"properties": told} for points, told in found for point in points if point["name"] == name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.requests.append((request.url.path, len(body)))
        self.authorizations.append(request.headers.get("authorization"))
        while self.hanging:  # noqa: ASYNC110  # another thread sets it
            await asyncio.sleep(0.02)
        await (self.answer or self._taken(json.loads(body)))(scope, receive, send)

    def _taken(self, items: list[dict[str, Any]]) -> Response:
        """As the service does: items of another resource, or without a name or time, are refused one by one."""
        good = [item for item in items if item["iKey"] == KEY and item["name"] and item["time"].endswith("Z")]
        self.items += good
        counts = {"itemsReceived": len(items), "itemsAccepted": len(good), "errors": []}
        return JSONResponse(counts, 200 if len(good) == len(items) else 206)
