"""A directory that speaks Microsoft Graph's JSON of applications, as an ASGI application.

It keeps what the documentation says of v1.0 and refuses what Entra is known to refuse: a client authorised for a scope
that is not there yet, a scope and a role of one name that differ, an identifier URI of somebody else's domain.
"""

import copy
import itertools
import re
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

type Document = dict[str, Any]

ALTERNATE = r"\((?P<name>\w+)='(?P<value>[^']*)'\)"
_APPLICATION = re.compile(rf"/applications{ALTERNATE}")
_CREDENTIALS = re.compile(rf"/applications{ALTERNATE}/federatedIdentityCredentials(\(name='(?P<credential>[^']*)'\))?")
_PRINCIPAL = re.compile(rf"/servicePrincipals{ALTERNATE}")


class Refused(Exception):
    """An error of Graph."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = JSONResponse({"error": {"code": code, "message": message}}, status)


class Directory:
    """One tenant. Tests write its attributes to make it slow or strict, and read what was written."""

    def __init__(self) -> None:
        self.applications: list[Document] = []
        self.principals: list[Document] = []
        self.credentials: dict[str, list[Document]] = {}
        self.requests: list[tuple[str, str]] = []
        self.token = "graph-token"
        self.writable = True
        self.throttled = 0
        """How many requests are yet to be answered with 429."""
        self.lag = 0
        """How many requests a new application stays unknown."""
        self._unknown = 0
        self._ids = itertools.count(1)

    @property
    def writes(self) -> int:
        """Requests that change something."""
        return sum(method != "GET" for method, _ in self.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.url.path.removeprefix("/v1.0")
        self.requests.append((request.method, path))
        try:
            answer = self._answer(request, path, await request.json() if await request.body() else {})
        except Refused as refused:
            answer = refused.answer
        await answer(scope, receive, send)

    def _answer(self, request: Request, path: str, document: Document) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(401, "InvalidAuthenticationToken", "Access token is empty.")
        if self.throttled:
            self.throttled -= 1
            return JSONResponse({"error": {"code": "TooManyRequests", "message": "…"}}, 429, {"Retry-After": "1"})
        if not self.writable:
            raise Refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        creates = request.headers.get("prefer") == "create-if-missing"
        match request.method:
            case "GET":
                return self._get(request, path)
            case "PATCH":
                return self._patch(path, document, creates=creates)
            case "POST" if path == "/servicePrincipals":
                return self._post_principal(document)
        raise Refused(405, "Request_BadRequest", "Specified HTTP method is not allowed.")

    def _get(self, request: Request, path: str) -> Response:
        if match := _CREDENTIALS.fullmatch(path):
            application = self._application(match)
            found, at = self.credentials.get(application["id"], []), int(request.query_params.get("$skiptoken", 0))
            page: Document = {"value": found[at : at + 1]}  # of one, so that a reader has to follow
            if at + 1 < len(found):
                page["@odata.nextLink"] = str(request.url.include_query_params(**{"$skiptoken": at + 1}))
            return JSONResponse(page)
        if match := _APPLICATION.fullmatch(path):
            return JSONResponse(self._application(match))
        if match := _PRINCIPAL.fullmatch(path):
            for principal in self.principals:
                if principal[match["name"]] == match["value"]:
                    return JSONResponse(principal)
        raise Refused(404, "Request_ResourceNotFound", f"Resource '{path}' does not exist.")

    def _patch(self, path: str, document: Document, *, creates: bool) -> Response:
        if match := _CREDENTIALS.fullmatch(path):
            return self._patch_credential(match, document, creates=creates)
        if not (match := _APPLICATION.fullmatch(path)):
            raise Refused(404, "Request_ResourceNotFound", f"Resource '{path}' does not exist.")
        try:
            application = self._application(match)
        except Refused:
            if not (creates and match["name"] == "uniqueName"):
                raise
            return JSONResponse(self._new(match["value"], document), 201)
        changed = {**application, **copy.deepcopy(document)}
        self._check(application, changed)
        application.update(changed)
        return Response(status_code=204)

    def _new(self, unique_name: str, document: Document) -> Document:
        if "displayName" not in document:
            raise Refused(400, "Request_BadRequest", "Property displayName is required.")
        application = {
            "id": str(uuid4()),
            "appId": f"00000000-0000-4000-8000-{next(self._ids):012}",
            "uniqueName": unique_name,
            "identifierUris": [],
            "appRoles": [],
            "api": {
                "acceptMappedClaims": None,
                "knownClientApplications": [],
                "oauth2PermissionScopes": [],
                "preAuthorizedApplications": [],
                "requestedAccessTokenVersion": None,
            },
            **document,
        }
        self.applications.append(application)
        self._unknown = self.lag
        return application

    def _application(self, match: re.Match[str]) -> Document:
        for application in self.applications:
            if application.get(match["name"]) == match["value"]:
                if self._unknown:
                    self._unknown -= 1
                    break
                return application
        raise Refused(404, "Request_ResourceNotFound", f"Resource '{match['value']}' does not exist.")

    def _check(self, before: Document, after: Document) -> None:
        api = after["api"]
        if "preAuthorizedApplications" not in api:
            raise Refused(400, "Request_BadRequest", "A part of api alone takes the rest of it away.")
        known = {scope["id"] for scope in before["api"]["oauth2PermissionScopes"]}
        for client in api["preAuthorizedApplications"]:
            if not set(client["delegatedPermissionIds"]) <= known:
                raise Refused(400, "InvalidValue", "preAuthorizedApplications: PermissionId isn't found in the app.")
        roles = {role["value"]: role for role in after["appRoles"]}
        for scope in api["oauth2PermissionScopes"]:
            role = roles.get(scope["value"])
            if role and (role["id"], role["displayName"], role["description"], role["isEnabled"]) != (
                scope["id"], scope["adminConsentDisplayName"], scope["adminConsentDescription"], scope["isEnabled"],
            ):  # fmt: skip
                raise Refused(400, "InvalidValue", f"{scope['value']} is a scope and a role, and they differ.")
        kept = {scope["id"] for scope in api["oauth2PermissionScopes"]}
        if any(scope["isEnabled"] and scope["id"] not in kept for scope in before["api"]["oauth2PermissionScopes"]):
            raise Refused(
                400, "CannotDeleteOrUpdateEnabledEntitlement", "Permission cannot be deleted unless disabled."
            )
        for uri in after["identifierUris"]:
            if uri != f"api://{after['appId']}" and not uri.startswith("https://mcp.example.com/"):
                raise Refused(400, "HostNameNotOnVerifiedDomain", "Identifier URIs are of verified domains.")

    def _post_principal(self, document: Document) -> Response:
        if self._unknown or not any(each["appId"] == document["appId"] for each in self.applications):
            self._unknown = max(0, self._unknown - 1)
            raise Refused(400, "Request_BadRequest", "The appId does not reference a valid application object.")
        if any(each["appId"] == document["appId"] for each in self.principals):
            raise Refused(409, "Request_MultipleObjectsWithSameKeyValue", "The service principal is already in use.")
        self.principals.append({"id": str(uuid4()), **document})
        return JSONResponse(self.principals[-1], 201)

    def _patch_credential(self, match: re.Match[str], document: Document, *, creates: bool) -> Response:
        listed = self.credentials.setdefault(self._application(match)["id"], [])
        for found in listed:
            if found["name"] == match["credential"]:
                found.update(document)
                return Response(status_code=204)
        if not creates:
            raise Refused(404, "Request_ResourceNotFound", "Resource does not exist.")
        listed.append({"id": str(uuid4()), **document})
        return JSONResponse(listed[-1], 201)
