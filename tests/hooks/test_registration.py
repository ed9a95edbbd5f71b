"""The app registration comes to what docs/security.md says, from nothing and from what was there, and stays so."""

import copy
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.hooks.deployment import HookRefused
from infra.hooks.graph import GraphRefused
from infra.hooks.registration import federate, register
from tests.conftest import REPOSITORY
from tests.hooks.conftest import DEPLOYMENT, SERVER, VS_CODE, Served
from tests.hooks.directory import Document

INSPECTOR = "22222222-3333-4444-5555-666666666666"
AZD = """#!/bin/sh
case "$1" in
  auth) echo '{"token": "graph-token", "expiresOn": "2099-01-01T00:00:00Z"}' ;;
  env) echo "$3=$4" >> "$(dirname "$0")/set" ;;
esac
"""
"""Says what azd says: a token for whoever is signed in, and takes variables."""


def state_of(served: Served) -> object:
    directory = served.directory
    return copy.deepcopy((directory.applications, directory.principals, directory.credentials))


def scopes_of(application: Document) -> dict[str, Document]:
    return {scope["value"]: scope for scope in application["api"]["oauth2PermissionScopes"]}


def test_from_nothing_there_is_all_that_tokens_need(served: Served) -> None:
    registered = register(served.graph, DEPLOYMENT)
    [application] = served.directory.applications
    assert registered[:2] == (application["appId"], f"api://{application['appId']}")
    assert application["signInAudience"] == "AzureADMyOrg"
    assert application["identifierUris"] == [f"api://{application['appId']}"]
    assert application["api"]["requestedAccessTokenVersion"] == 2
    scopes, roles = scopes_of(application), {role["value"]: role for role in application["appRoles"]}
    assert {name: scope["type"] for name, scope in scopes.items()} == {
        "sales.read": "User",
        "catalog.read": "User",
        "admin": "Admin",
    }
    assert {name: role["allowedMemberTypes"] for name, role in roles.items()} == dict.fromkeys(scopes, ["Application"])
    [client] = application["api"]["preAuthorizedApplications"]
    assert client["appId"] == VS_CODE
    assert set(client["delegatedPermissionIds"]) == {scopes["sales.read"]["id"], scopes["catalog.read"]["id"]}
    assert [each["appId"] for each in served.directory.principals] == [application["appId"]]


def test_a_second_run_writes_nothing(served: Served) -> None:
    registered = register(served.graph, DEPLOYMENT)
    before, writes = state_of(served), served.directory.writes
    for deployment in (DEPLOYMENT, replace(DEPLOYMENT, zava_auth_client_id=registered.client_id)):
        assert register(served.graph, deployment).done == ["nothing to do"]
    assert (state_of(served), served.directory.writes) == (before, writes)


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(served: Served) -> None:
    registered = register(served.graph, DEPLOYMENT, dry_run=True)
    assert "the app registration zava-retail-mcp-zava-dev" in registered.done
    assert served.directory.applications == []
    register(served.graph, DEPLOYMENT)
    more = replace(DEPLOYMENT, zava_allowed_client_ids=f"{VS_CODE},{INSPECTOR}")
    before = state_of(served)
    assert any(INSPECTOR in sentence for sentence in register(served.graph, more, dry_run=True).done)
    assert state_of(served) == before


def test_what_others_have_added_stays(served: Served) -> None:
    registered = register(served.graph, DEPLOYMENT)
    [application] = served.directory.applications
    theirs = {**copy.deepcopy(scopes_of(application)["admin"]), "id": "their-scope", "value": "user_impersonation"}
    application["api"]["oauth2PermissionScopes"].append(theirs)
    application["api"]["preAuthorizedApplications"].append({"appId": "them", "delegatedPermissionIds": ["their-scope"]})
    application["identifierUris"].append("https://mcp.example.com/mcp")
    scopes_of(application)["admin"]["type"] = "User"
    register(served.graph, replace(DEPLOYMENT, zava_auth_client_id=registered.client_id))
    scopes = scopes_of(application)
    assert scopes["admin"]["type"] == "Admin"
    assert scopes["user_impersonation"] == theirs
    assert {each["appId"] for each in application["api"]["preAuthorizedApplications"]} == {VS_CODE, "them"}
    assert "https://mcp.example.com/mcp" in application["identifierUris"]


def test_a_custom_domain_becomes_an_identifier_uri_and_a_foreign_one_is_refused(served: Served) -> None:
    of_ours = replace(DEPLOYMENT, zava_auth_audience="https://mcp.example.com/mcp")
    assert register(served.graph, of_ours).audience == "https://mcp.example.com/mcp"
    assert "https://mcp.example.com/mcp" in served.directory.applications[0]["identifierUris"]
    with pytest.raises(HookRefused, match="HostNameNotOnVerifiedDomain"):
        register(served.graph, replace(DEPLOYMENT, zava_auth_audience="https://elsewhere.example/mcp"))


def test_a_directory_that_is_slow_to_know_what_it_made_is_waited_for(served: Served) -> None:
    served.directory.lag, served.directory.throttled = 3, 2
    register(served.graph, DEPLOYMENT)
    assert served.directory.principals
    assert served.waited[:2] == [1, 1], "as Retry-After said"
    assert len(served.waited) > 2


def test_an_id_that_the_directory_does_not_know_is_refused(served: Served) -> None:
    with pytest.raises(HookRefused, match="ZAVA_AUTH_CLIENT_ID is gone"):
        register(served.graph, replace(DEPLOYMENT, zava_auth_client_id="gone"))
    assert served.directory.applications == []


def test_a_login_without_rights_is_told_apart(served: Served) -> None:
    served.directory.writable = False
    with pytest.raises(GraphRefused) as refused:
        register(served.graph, DEPLOYMENT)
    assert refused.value.is_for_want_of_rights


def test_the_identity_of_the_app_signs_in_as_the_registration(served: Served) -> None:
    deployment = replace(DEPLOYMENT, zava_auth_client_id=register(served.graph, DEPLOYMENT).client_id)
    listed = served.directory.credentials.setdefault(served.directory.applications[0]["id"], [])
    listed.append({"id": "theirs", "name": "github", "issuer": "https://token.actions.githubusercontent.com"})
    assert federate(served.graph, deployment, dry_run=True) != ["nothing to do"]
    assert len(listed) == 1
    federate(served.graph, deployment)
    assert [(each["name"], each.get("subject")) for each in listed] == [("github", None), ("server", SERVER)]
    assert listed[1]["issuer"] == f"https://login.microsoftonline.com/{DEPLOYMENT.azure_tenant_id}/v2.0"
    writes = served.directory.writes
    assert federate(served.graph, deployment) == ["nothing to do"]
    assert served.directory.writes == writes
    federate(served.graph, replace(deployment, server_object_id="another"))
    assert [each.get("subject") for each in listed] == [None, "another"]


def test_a_step_names_each_variable_that_it_misses(served: Served) -> None:
    with pytest.raises(HookRefused, match="ZAVA_AUTH_CLIENT_ID, AZURE_TENANT_ID missing"):
        federate(served.graph, replace(DEPLOYMENT, azure_tenant_id=""))


@pytest.fixture
def azd(tmp_path: Path) -> Path:
    """A folder with an azd to be put on PATH."""
    program = tmp_path / "azd"
    program.write_text(AZD)
    program.chmod(stat.S_IRWXU)
    return tmp_path


def run_hook(script: str, azd: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": f"{azd}:{os.environ['PATH']}", "HOME": str(azd), **variables}
    command = [sys.executable, f"infra/hooks/{script}.py", *options]
    return subprocess.run(command, cwd=REPOSITORY, env=environ, capture_output=True, text=True)


def test_the_script_that_azd_runs_registers_and_tells_azd(served: Served, azd: Path) -> None:
    done = run_hook("preprovision", azd, "--graph-url", served.url, AZURE_ENV_NAME="zava-dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert "graph-token" not in done.stdout
    client_id = served.directory.applications[0]["appId"]
    told = f"ZAVA_AUTH_CLIENT_ID={client_id}\nZAVA_AUTH_AUDIENCE=api://{client_id}\n"
    assert (azd / "set").read_text() == told


def test_a_pipeline_without_rights_leaves_a_known_registration_as_it_is(served: Served, azd: Path) -> None:
    served.directory.writable = False
    options = ("--graph-url", served.url)
    done = run_hook("preprovision", azd, *options, AZURE_ENV_NAME="zava-dev", ZAVA_AUTH_CLIENT_ID="known")
    assert (done.returncode, done.stderr) == (0, "")
    assert "stays as it is" in done.stdout
    done = run_hook("preprovision", azd, *options, AZURE_ENV_NAME="zava-dev")
    assert done.returncode == 1
    assert "Insufficient privileges" in done.stderr
