"""The names under which clients ask for scopes, and where they find the metadata."""

from dataclasses import replace

import pytest

from shared.identity.protected_resource import ProtectedResource
from tests.conftest import settings_for

CLIENT_ID = "9d8c8a58-9a3c-4f43-8f0e-0c8f5b7a3a11"
SETTINGS = settings_for("postgresql://zava_app@127.0.0.1/zava")


@pytest.mark.parametrize(
    ("audiences", "prefix"),
    [
        ((CLIENT_ID, "api://zava", "https://zava.example/mcp"), "api://zava"),
        (("https://zava.example/mcp", "api://zava"), "https://zava.example/mcp"),
        ((CLIENT_ID,), CLIENT_ID),
    ],
)
def test_scopes_are_asked_for_under_the_first_uri_of_the_application(audiences: tuple[str, ...], prefix: str) -> None:
    resource = ProtectedResource(replace(SETTINGS, token_audiences=audiences))
    assert resource.metadata("Shops")["scopes_supported"] == [
        f"{prefix}/sales.read",
        f"{prefix}/catalog.read",
    ]
    assert f'scope="{prefix}/admin"' in resource.challenge(["admin"])


@pytest.mark.parametrize(
    ("url", "metadata_url"),
    [
        ("https://zava.example/mcp", "https://zava.example/.well-known/oauth-protected-resource/mcp"),
        ("https://zava.example", "https://zava.example/.well-known/oauth-protected-resource"),
        ("https://zava.example:8443/a/b", "https://zava.example:8443/.well-known/oauth-protected-resource/a/b"),
    ],
)
def test_the_well_known_path_stands_between_host_and_path(url: str, metadata_url: str) -> None:
    resource = ProtectedResource(replace(SETTINGS, mcp_server_url=url))
    assert resource.metadata("Shops")["resource"] == url
    assert resource.challenge([]) == f'Bearer resource_metadata="{metadata_url}"'
