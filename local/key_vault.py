"""Azure Key Vault's secrets as an ASGI application: what the Azure client needs, and the ways a vault fails.

Serve it with TLS (local.asgi_server), the client refuses plain HTTP.
"""

import itertools
import secrets
import time
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from local.people import LOCAL_TENANT_ID

CHALLENGE = 'Bearer authorization="https://login.microsoftonline.com/{tenant}", resource="{resource}"'


@dataclass
class SecretVersion:
    """One value of a secret. created is in epoch seconds, as Key Vault keeps it."""

    name: str
    value: str = field(repr=False)
    created: int
    version: str = field(default_factory=lambda: secrets.token_hex(16))
    enabled: bool = True


class KeyVaultEmulator:
    """A vault in memory. Tests write its attributes to make it fail and read `requests` to see what it was asked."""

    def __init__(self, *, token: str = "local-vault-token", page_size: int = 2) -> None:
        self.token = token
        self.page_size = page_size
        self.live: dict[str, list[SecretVersion]] = {}
        self.deleted: dict[str, list[SecretVersion]] = {}
        self.requests: list[tuple[str, str]] = []
        self.resource = "https://vault.azure.net"
        """What tokens are for. A client sends none to a vault outside this domain."""
        self.down = False
        self.hanging = False
        """Takes requests and answers none."""
        self.throttled = 0
        """How many requests are yet to be answered with 429."""
        self.retry_after = 1
        self.unknown_is_404 = False
        """How the versions of an unknown secret are listed: as an error, or as none. Readers take both."""
        self.time_runs = False
        """Whether new versions are of now, or all of long ago."""
        self._seconds = itertools.count(int(time.time()) - 1_000_000)
        self._router = Router(
            [
                Route("/secrets/{name}/versions", self._list_versions, methods=["GET"]),
                Route("/secrets/{name}", self._set, methods=["PUT"]),
                Route("/secrets/{name}", self._delete, methods=["DELETE"]),
                Route("/secrets/{name}", self._get, methods=["GET"]),
                Route("/secrets/{name}/{version:path}", self._get, methods=["GET"]),
                Route("/secrets/{name}/{version}", self._update, methods=["PATCH"]),
                Route("/deletedsecrets/{name}", self._get_deleted, methods=["GET"]),
                Route("/deletedsecrets/{name}/recover", self._recover, methods=["POST"]),
            ],
            redirect_slashes=False,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses as the vault's front door does, then answers."""
        request = Request(scope, receive)
        self.requests.append((request.method, request.url.path))
        if self.hanging:
            await _until_disconnected(receive)
            return
        answer = self._refusal(request) or self._router
        await answer(scope, receive, send)

    def put(self, name: str, value: str, *, enabled: bool = True) -> SecretVersion:
        """A new version, of now where time runs, else a second younger than the last: so their order is defined."""
        created = int(time.time()) if self.time_runs else next(self._seconds)
        added = SecretVersion(name, value, created, enabled=enabled)
        self.live.setdefault(name, []).append(added)
        return added

    def _refusal(self, request: Request) -> Response | None:
        if self.down:
            return _error(503, "ServiceUnavailable", "The vault is down.")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            headers = {"WWW-Authenticate": CHALLENGE.format(tenant=LOCAL_TENANT_ID, resource=self.resource)}
            return _error(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.", headers)
        if self.throttled:
            self.throttled -= 1
            return _error(429, "Throttled", "Request was not processed.", {"Retry-After": str(self.retry_after)})
        if "api-version" not in request.query_params:
            return _error(400, "BadParameter", "api-version must be specified")
        return None

    async def _set(self, request: Request) -> Response:
        name, body = request.path_params["name"], await request.json()
        if name in self.deleted:
            return _error(409, "Conflict", f"Secret {name} is currently in a deleted but recoverable state.")
        enabled = (body.get("attributes") or {}).get("enabled", True)
        return JSONResponse(_bundle(request, self.put(name, body["value"], enabled=enabled), with_value=True))

    async def _get(self, request: Request) -> Response:
        found = self._version(request)
        if found is None:
            return _not_found(request)
        if not found.enabled:
            return _error(403, "Forbidden", "Operation get is not allowed on a disabled secret.")
        return JSONResponse(_bundle(request, found, with_value=True))

    async def _update(self, request: Request) -> Response:
        found, body = self._version(request), await request.json()
        if found is None:
            return _not_found(request)
        found.enabled = (body.get("attributes") or {}).get("enabled", found.enabled)
        return JSONResponse(_bundle(request, found))

    async def _list_versions(self, request: Request) -> Response:
        """Pages in no promised order: oldest first, which is not what a reader wants."""
        versions = self.live.get(request.path_params["name"], [])
        if not versions and self.unknown_is_404:
            return _not_found(request)
        start = int(request.query_params.get("$skiptoken", 0))
        end = start + self.page_size
        following = str(request.url.include_query_params(**{"$skiptoken": end})) if end < len(versions) else None
        page = [_bundle(request, version) for version in versions[start:end]]
        return JSONResponse({"value": page, "nextLink": following})

    async def _delete(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.live:
            return _not_found(request)
        self.deleted[name] = self.live.pop(name)
        return self._deleted(request)

    async def _get_deleted(self, request: Request) -> Response:
        return self._deleted(request) if request.path_params["name"] in self.deleted else _not_found(request)

    async def _recover(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.deleted:
            return _not_found(request)
        self.live[name] = self.deleted.pop(name)
        return JSONResponse(_bundle(request, self.live[name][-1]))

    def _deleted(self, request: Request) -> Response:
        newest = self.deleted[request.path_params["name"]][-1]
        recovery = {"recoveryId": f"{request.base_url}deletedsecrets/{newest.name}", "deletedDate": int(time.time())}
        return JSONResponse(_bundle(request, newest) | recovery)

    def _version(self, request: Request) -> SecretVersion | None:
        """The version that the path names; the newest when it names none."""
        versions = self.live.get(request.path_params["name"], [])
        wanted = request.path_params.get("version") or (versions[-1].version if versions else None)
        return next((each for each in versions if each.version == wanted), None)


def _bundle(request: Request, version: SecretVersion, *, with_value: bool = False) -> dict[str, object]:
    attributes = {"enabled": version.enabled, "created": version.created, "updated": version.created}
    bundle: dict[str, object] = {
        "id": f"{request.base_url}secrets/{version.name}/{version.version}",
        "attributes": attributes,
    }
    return bundle | ({"value": version.value} if with_value else {})


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _not_found(request: Request) -> Response:
    name = request.path_params["name"]
    return _error(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers=headers)
