"""Settings are checked as a whole, and say all that is wrong at once."""

import dataclasses

import pytest

from shared.errors import SettingsError
from shared.settings import Settings

GOOD = {
    "APP_DATABASE_URL": "postgresql://zava_app:hunter2@db.example:5432/zava?sslmode=verify-full",
    "JOBS_DATABASE_URL": "postgresql://zava_jobs:hunter2@db.example:5432/zava?sslmode=verify-full",
    "MCP_SERVER_URL": "https://zava.example/mcp/",
    "ENTRA_TENANT_IDS": "11111111-1111-4111-8111-111111111111, 22222222-2222-4222-8222-222222222222",
    "TOKEN_AUDIENCES": "api://zava,https://zava.example/mcp",
    "OPENAI_BASE_URL": "https://zava.openai.azure.com/openai/v1/",
    "KEY_VAULT_URL": "https://zava.vault.azure.net",
}


DATABASES = ("APP_DATABASE_URL", "JOBS_DATABASE_URL")


def problem(**changes: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(GOOD | changes)
    return str(refusal.value)


def test_good_settings_are_read() -> None:
    settings = Settings.from_environ(GOOD)
    assert settings.mcp_server_url == "https://zava.example/mcp"
    assert settings.token_audiences == ("api://zava", "https://zava.example/mcp")
    assert len(settings.entra_tenant_ids) == 2
    assert settings.entra_authority == "https://login.microsoftonline.com"
    assert settings.openai_base_url == "https://zava.openai.azure.com/openai/v1"
    assert settings.embedding_model == "text-embedding-3-small"


def test_every_missing_variable_is_named_in_one_message() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({})
    for name in (
        *DATABASES,
        "MCP_SERVER_URL",
        "ENTRA_TENANT_IDS",
        "TOKEN_AUDIENCES",
        "OPENAI_BASE_URL",
        "KEY_VAULT_URL",
    ):
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"MCP_SERVER_URL": "http://zava.example/mcp"}, "MCP_SERVER_URL must use https"),
        ({"ENTRA_AUTHORITY": "http://login.example"}, "ENTRA_AUTHORITY must use https"),
        ({"OPENAI_BASE_URL": "http://embeddings.example/v1"}, "OPENAI_BASE_URL must use https"),
        ({"OPENAI_BASE_URL": "https://key@embeddings.example/v1"}, "OPENAI_BASE_URL must not hold credentials"),
        ({"OPENAI_BASE_URL": "https://me:key@embeddings.example/v1"}, "OPENAI_BASE_URL must not hold credentials"),
        ({"JOBS_DATABASE_URL": "mysql://db.example/zava"}, "JOBS_DATABASE_URL is not a URL"),
        ({"TASK_SECONDS": "5"}, "TASK_SECONDS is not a whole number from 20 to 1000"),
        ({"MCP_SERVER_URL": "zava"}, "MCP_SERVER_URL is not a URL"),
        ({"APP_DATABASE_URL": "mysql://db.example/zava"}, "APP_DATABASE_URL is not a URL"),
        ({"APP_DATABASE_URL": "postgresql://db.example/zava"}, "APP_DATABASE_URL must say sslmode=verify-full"),
        ({"APP_DATABASE_URL": "postgresql://db.example/zava?sslmode=require"}, "sslmode=verify-full"),
        ({"ENTRA_TENANT_IDS": "common"}, "ENTRA_TENANT_IDS"),
        ({"SECRETS_FILE": "secrets.json"}, "exactly one of KEY_VAULT_URL and SECRETS_FILE"),
        ({"KEY_VAULT_URL": " "}, "exactly one of KEY_VAULT_URL and SECRETS_FILE"),
        ({"POOL_MAX_SIZE": "many"}, "POOL_MAX_SIZE"),
        ({"POOL_MAX_SIZE": "0"}, "POOL_MAX_SIZE"),
        ({"POOL_MIN_SIZE": "20", "POOL_MAX_SIZE": "10"}, "POOL_MIN_SIZE"),
    ],
)
def test_a_wrong_value_is_refused_by_name(changes: dict[str, str], named: str) -> None:
    assert named in problem(**changes)


def test_a_pool_of_one_is_one_setting() -> None:
    settings = Settings.from_environ(GOOD | {"POOL_MAX_SIZE": "1"})
    assert (settings.pool_min_size, settings.pool_max_size) == (1, 1)


def test_loopback_needs_no_tls() -> None:
    local = {
        "APP_DATABASE_URL": "postgresql://zava_app:x@127.0.0.1:5432/zava?sslmode=disable",
        "MCP_SERVER_URL": "http://127.0.0.1:7071/mcp",
        "ENTRA_AUTHORITY": "http://localhost:7072",
    }
    assert Settings.from_environ(GOOD | local).entra_authority == "http://localhost:7072"


def test_no_password_shows() -> None:
    assert "hunter2" not in repr(Settings.from_environ(GOOD))
    for name in DATABASES:
        assert "hunter2" not in problem(**{name: "postgresql://zava_app:hunter2@db.example/zava"})


def test_every_setting_is_documented() -> None:
    import inspect

    source = inspect.getsource(Settings)
    for field in dataclasses.fields(Settings):
        declaration = source.index(f"\n    {field.name}: ")
        following = source[declaration + 1 :].split("\n")[1]
        assert following.strip().startswith('"""'), field.name
