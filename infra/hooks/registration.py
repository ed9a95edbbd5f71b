"""The app registration that tokens are issued for, brought to what docs/security.md says of it, as often as it is run.

What others have added stays: further identifier URIs, scopes, roles and clients. Two requests, for a client can be
authorised for a scope only once the directory has that scope.
"""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from infra.hooks.deployment import Deployment, HookRefused
from infra.hooks.graph import Document, Graph, key
from shared.identity.scopes import SCOPES, USUAL_SCOPES

NAME = "zava-retail-mcp"
CREDENTIAL = "server"
"""Name of the federated credential by which the platform's sign-in does without a secret."""


class Meaning(NamedTuple):
    """What people read of a scope, and of the app role of the same name: Entra wants them alike."""

    title: str
    description: str


MEANINGS = {
    "sales.read": Meaning("Read sales", "Ask for sales, customers and stock of the stores that are granted."),
    "catalog.read": Meaning("Read the catalogue", "Search products, and read schemas and one's own access."),
    "admin": Meaning("Administer", "Prove isolation and see the server's health, as a super_admin."),
}


class Registered(NamedTuple):
    """An app registration, and what was done, a sentence each."""

    client_id: str
    audience: str
    done: list[str]


def register(graph: Graph, deployment: Deployment, *, dry_run: bool = False) -> Registered:
    """The registration as it should be. dry_run: sentences of what would be done; the client id may then be empty."""
    application, done = _application(graph, deployment, dry_run=dry_run)
    if application is None:
        return Registered("", "", done)
    own = f"/applications{key('appId', application['appId'])}"
    wanted = described(application, deployment)
    if _differs(application, wanted):
        done.append("scopes, app roles, identifier URIs and version of tokens brought up to date")
        if not dry_run:
            graph.change(own, wanted)
            application = graph.settled(lambda: _when(graph.found(own), wanted))
        else:
            application |= wanted
    if missing := _not_authorised(application, deployment):
        done.append(f"authorised for {' and '.join(USUAL_SCOPES)}: {', '.join(missing)}")
        if not dry_run:
            graph.change(own, {"api": _authorising(application, deployment)})
    if graph.found(f"/servicePrincipals{key('appId', application['appId'])}") is None:
        done.append("a service principal in this tenant")
        if not dry_run:
            graph.settled(lambda: graph.add("/servicePrincipals", {"appId": application["appId"]}))
    return Registered(application["appId"], _audience(application, deployment), done or ["nothing to do"])


def federate(graph: Graph, deployment: Deployment, *, dry_run: bool = False) -> list[str]:
    """The app's identity may sign in as the registration, which so needs no secret."""
    deployment.need("zava_auth_client_id", "azure_tenant_id", "server_object_id")
    own = f"/applications{key('appId', deployment.zava_auth_client_id)}/federatedIdentityCredentials"
    wanted = {
        "name": CREDENTIAL,
        "issuer": f"https://login.microsoftonline.com/{deployment.azure_tenant_id}/v2.0",
        "subject": deployment.server_object_id,
        "audiences": ["api://AzureADTokenExchange"],
        "description": "The managed identity of the function app",
    }
    for found in graph.listed(own):
        if found.get("name") == CREDENTIAL and all(found.get(name) == value for name, value in wanted.items()):
            return ["nothing to do"]
    if not dry_run:
        graph.put(f"{own}{key('name', CREDENTIAL)}", wanted)
    return [f"the federated credential {CREDENTIAL} is for {deployment.server_object_id}"]


def described(application: Document, deployment: Deployment) -> Document:
    """What of the application has to be, with what others have added to it."""
    api = copy.deepcopy(application.get("api") or {})
    roles = {each["value"]: each for each in copy.deepcopy(application.get("appRoles") or [])}
    scopes = {each["value"]: each for each in api.get("oauth2PermissionScopes") or []}
    for name in (*USUAL_SCOPES, *sorted(SCOPES.difference(USUAL_SCOPES))):
        known = scopes.get(name) or roles.get(name) or {}
        common = {
            "id": known.get("id") or str(uuid5(NAMESPACE_URL, f"{application['appId']}/{name}")),
            "value": name,
            "isEnabled": True,
        }
        meaning = MEANINGS[name]
        scopes[name] = {
            **scopes.get(name, {}),
            **common,
            "type": "User" if name in USUAL_SCOPES else "Admin",
            "adminConsentDisplayName": meaning.title,
            "adminConsentDescription": meaning.description,
            "userConsentDisplayName": meaning.title,
            "userConsentDescription": meaning.description,
        }
        roles[name] = {
            **roles.get(name, {}),
            **common,
            "displayName": meaning.title,
            "description": meaning.description,
            "allowedMemberTypes": ["Application"],
        }
    api |= {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": list(scopes.values())}
    uris = [*(application.get("identifierUris") or [])]
    uris += [uri for uri in _uris(application, deployment) if uri not in uris]
    return {"identifierUris": uris, "api": api, "appRoles": list(roles.values())}


def _application(graph: Graph, deployment: Deployment, *, dry_run: bool) -> tuple[Document | None, list[str]]:
    """The one that is there or was made, and what was done."""
    if client_id := deployment.zava_auth_client_id:
        if application := graph.found(f"/applications{key('appId', client_id)}"):
            return application, []
        raise HookRefused(f"ZAVA_AUTH_CLIENT_ID is {client_id}, and the directory has no such application")
    deployment.need("azure_env_name")
    name = f"{NAME}-{deployment.azure_env_name}"
    own = f"/applications{key('uniqueName', name)}"
    if application := graph.found(own):
        return application, []
    done = [f"the app registration {name}"]
    if dry_run:
        return None, [*done, "its scopes, app roles, identifier URI, clients and service principal"]
    graph.put(own, {"displayName": name, "signInAudience": "AzureADMyOrg"})
    return graph.settled(lambda: graph.found(own)), done


def _uris(application: Document, deployment: Deployment) -> Iterator[str]:
    yield f"api://{application['appId']}"
    if "://" in deployment.zava_auth_audience:
        yield deployment.zava_auth_audience


def _audience(application: Document, deployment: Deployment) -> str:
    return deployment.zava_auth_audience or f"api://{application['appId']}"


def _differs(application: Document, wanted: Document) -> bool:
    return any(_plain(application.get(name)) != _plain(value) for name, value in wanted.items())


def _plain(value: Any) -> Any:
    """Without the order of lists and what is null, neither of which the directory promises to keep."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return sorted((_plain(each) for each in value), key=repr)
    return value


def _when(application: Document | None, wanted: Document) -> Document | None:
    return None if application is None or _differs(application, wanted) else application


def _usual_ids(application: Document) -> set[str]:
    scopes = application["api"]["oauth2PermissionScopes"]
    return {each["id"] for each in scopes if each["value"] in USUAL_SCOPES}


def _authorised(application: Document) -> dict[str, set[str]]:
    clients = application["api"].get("preAuthorizedApplications") or []
    return {each["appId"]: set(each["delegatedPermissionIds"]) for each in clients}


def _not_authorised(application: Document, deployment: Deployment) -> list[str]:
    known, usual = _authorised(application), _usual_ids(application)
    return [client for client in deployment.clients if not usual <= known.get(client, set())]


def _authorising(application: Document, deployment: Deployment) -> Document:
    clients = _authorised(application)
    for client in deployment.clients:
        clients[client] = clients.get(client, set()) | _usual_ids(application)
    listed = [{"appId": client, "delegatedPermissionIds": sorted(ids)} for client, ids in clients.items()]
    return {**application["api"], "preAuthorizedApplications": listed}
