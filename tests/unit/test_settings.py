"""Settings are checked as a whole, and say all that is wrong at once."""

import dataclasses
from pathlib import Path

import pytest

from local.parts import application_settings
from local.people import LOCAL_TENANT_ID
from local.state import StateFolder
from shared.connection_string import ingestion_of
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


INSIGHTS = "APPLICATIONINSIGHTS_CONNECTION_STRING"
SECRET_KEY = "InstrumentationKey=33333333-3333-4333-8333-333333333333"
NO_CONNECTION_STRINGS = {
    "nonsense": "no InstrumentationKey",
    "InstrumentationKey=hunter2;IngestionEndpoint=https://in.example/": "no InstrumentationKey",
    SECRET_KEY: "no IngestionEndpoint that begins with https://",
    f"{SECRET_KEY};IngestionEndpoint=http://in.example/": "no IngestionEndpoint that begins with https://",
    f"{SECRET_KEY};IngestionEndpoint=https://me:hunter2@in.example/": "an IngestionEndpoint that is more",
    f"{SECRET_KEY};IngestionEndpoint=https://in.example/?a=b": "an IngestionEndpoint that is more",
    f"{SECRET_KEY};IngestionEndpoint=https://[": "an IngestionEndpoint that is no URL",
}
DATABASES = ("APP_DATABASE_URL", "JOBS_DATABASE_URL")


REFUSED_REDIS = {
    "redis://cache.example:6379": "rediss outside loopback",
    "rediss://:hunter2@cache.example:6380": "must not hold a password",
    "rediss://me:hunter2@cache.example:6380": "must not hold a password",
    "rediss://cache.example:6380?ssl_cert_reqs=none": "must end behind its port",
    "rediss://cache.example:6380/x": "must end behind its port",
    "rediss://cache.example:6380/0#x": "must end behind its port",
    "unix:///var/run/redis.sock": "begins with rediss://",
    "cache.example:6380": "begins with rediss://",
}


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


@pytest.mark.parametrize(
    "url", ["rediss://cache.example:6380", "rediss://me@cache.example/1", "redis://127.0.0.1:6379"]
)
def test_a_redis_is_read_and_does_not_show(url: str) -> None:
    settings = Settings.from_environ(GOOD | {"REDIS_URL": url})
    assert settings.redis_url == url
    assert url not in repr(settings)
    assert Settings.from_environ(GOOD).redis_url is None


@pytest.mark.parametrize(("url", "said"), REFUSED_REDIS.items())
def test_a_redis_url_has_neither_password_nor_options_and_is_encrypted(url: str, said: str) -> None:
    told = problem(REDIS_URL=url)
    assert "REDIS_URL" in told
    assert said in told
    assert "hunter2" not in told


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
        *(({INSIGHTS: text}, f"{INSIGHTS} has {problem}") for text, problem in NO_CONNECTION_STRINGS.items()),
    ],
)
def test_a_wrong_value_is_refused_by_name(changes: dict[str, str], named: str) -> None:
    assert named in problem(**changes)


@pytest.mark.parametrize("production", [{}, {"WEBSITE_INSTANCE_ID": "1"}])
@pytest.mark.parametrize("name", [*DATABASES, "KEYS_DATABASE_URL", "MCP_SERVER_URL", "REDIS_URL", "BACKUP_STORE_URL"])
@pytest.mark.parametrize("password", ["[hunter2", "[hunter2]", "hunter2]", "hunter2\u2100", "hunter2/x"])
def test_a_password_that_makes_a_url_none_does_not_show(password: str, name: str, production: dict[str, str]) -> None:
    said = problem(**{name: f"postgresql://me:{password}@db.example/zava?sslmode=verify-full"}, **production)
    assert f"{name} is " in said
    assert "hunter2" not in said


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


def test_a_connection_string_says_where_telemetry_goes() -> None:
    portals = (
        f"{SECRET_KEY};IngestionEndpoint=https://westus2-1.in.applicationinsights.azure.com/;LiveEndpoint=https://x/"
    )
    settings = Settings.from_environ(GOOD | {INSIGHTS: portals})
    assert SECRET_KEY.partition("=")[2] not in repr(settings)
    ingestion = ingestion_of(settings.applicationinsights_connection_string or "")
    assert ingestion.url == "https://westus2-1.in.applicationinsights.azure.com/v2/track"
    assert ingestion.key == SECRET_KEY.partition("=")[2]
    assert ingestion.key not in repr(ingestion)
    assert Settings.from_environ(GOOD).applicationinsights_connection_string is None


def test_every_setting_is_documented() -> None:
    import inspect

    source = inspect.getsource(Settings)
    for field in dataclasses.fields(Settings):
        declaration = source.index(f"\n    {field.name}: ")
        following = source[declaration + 1 :].split("\n")[1]
        assert following.strip().startswith('"""'), field.name


AZURE = {"WEBSITE_INSTANCE_ID": "0", "IDENTITY_ENDPOINT": "http://127.0.0.1:41/msi/token"}
PASSWORDLESS = {
    name: f"postgresql://{role}@db.example:5432/zava?sslmode=verify-full"
    for name, role in (
        ("APP_DATABASE_URL", "zava_app"),
        ("BACKUP_DATABASE_URL", "zava_backup"),
        ("JOBS_DATABASE_URL", "zava_jobs"),
        ("KEYS_DATABASE_URL", "zava_keys"),
        ("VERIFY_DATABASE_URL", "zava_verify"),
    )
}
IN_PRODUCTION = GOOD | PASSWORDLESS | AZURE


def test_production_starts_without_a_password() -> None:
    assert Settings.from_environ(IN_PRODUCTION).keys_database_url == PASSWORDLESS["KEYS_DATABASE_URL"]


@pytest.mark.parametrize("mark", ["WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME", "WEBSITE_SKU", "IDENTITY_ENDPOINT"])
def test_each_mark_of_azure_is_production_and_no_other_place_is(mark: str) -> None:
    assert Settings.from_environ(GOOD | {"AZURE_FUNCTIONS_ENVIRONMENT": "Development", "WEBSITE_HOSTNAME": "x"})
    assert "APP_DATABASE_URL must not hold a password" in problem(**{mark: "something"})
    assert Settings.from_environ(GOOD | {mark: ""})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRETS_FILE": "secrets.json", "KEY_VAULT_URL": ""}, "SECRETS_FILE is for a laptop"),
        ({"ENTRA_TENANT_IDS": str(LOCAL_TENANT_ID).upper()}, "ENTRA_TENANT_IDS has the tenant of the local issuer"),
        ({"ENTRA_AUTHORITY": "http://127.0.0.1:7072"}, "ENTRA_AUTHORITY must be an https URL of another machine"),
        ({"ENTRA_AUTHORITY": "https://localhost:7072"}, "ENTRA_AUTHORITY must be an https URL of another machine"),
        ({"MCP_SERVER_URL": "http://127.0.0.1:7071/mcp"}, "MCP_SERVER_URL must be an https URL of another machine"),
        ({"REDIS_URL": "redis://cache.example:6379"}, "REDIS_URL must be a rediss URL of another machine"),
        ({"REDIS_URL": "redis://127.0.0.1:6379"}, "REDIS_URL must be a rediss URL of another machine"),
        ({"REDIS_URL": "rediss://127.0.0.1:6380"}, "REDIS_URL must be a rediss URL of another machine"),
        ({"OPENAI_BASE_URL": "http://localhost:9/v1"}, "OPENAI_BASE_URL must be an https URL of another machine"),
        ({"OPENAI_BASE_URL": "https://[::1]:9/v1"}, "OPENAI_BASE_URL must be an https URL of another machine"),
        ({"KEY_VAULT_URL": "https://127.0.0.2"}, "KEY_VAULT_URL must be an https URL of another machine"),
        ({"KEY_VAULT_URL": "http://zava.vault.azure.net"}, "KEY_VAULT_URL must use https"),
        ({"TOKEN_AUDIENCES": "api://zava, http://127.0.0.1:7071/mcp"}, "TOKEN_AUDIENCES must not have a URL of this"),
        ({"APP_DATABASE_URL": "postgresql://zava_app@127.0.0.1/zava?sslmode=verify-full"}, "must name another machine"),
        ({"APP_DATABASE_URL": "postgresql://zava_app@db.localhost./zava?sslmode=verify-full"}, "another machine"),
        ({"JOBS_DATABASE_URL": "postgresql://zava_jobs@db.example/zava"}, "JOBS_DATABASE_URL must say sslmode=verify"),
        ({"KEYS_DATABASE_URL": GOOD["APP_DATABASE_URL"]}, "KEYS_DATABASE_URL must not hold a password"),
        ({"KEYS_DATABASE_URL": PASSWORDLESS["APP_DATABASE_URL"] + "&password=hunter2"}, "must not hold a password"),
        ({"OWNER_DATABASE_URL": GOOD["APP_DATABASE_URL"]}, "OWNER_DATABASE_URL must not hold a password"),
    ],
)
def test_production_refuses_what_is_good_on_a_laptop_only(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(IN_PRODUCTION | changes)
    assert named in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_laptops_settings_are_all_refused_in_one_message(tmp_path: Path) -> None:
    ports = {"mcp": 7071, "issuer": 7072, "embedder": 7073}
    urls = dict.fromkeys(PASSWORDLESS, "postgresql://zava_app:hunter2@127.0.0.1:5432/zava")
    local = application_settings(StateFolder(tmp_path), urls, ports)
    assert Settings.from_environ(local)
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(local | AZURE)
    harmless = {"AUDIT_SPOOL", "EMBEDDING_MODEL"}
    harmless |= {name for name in local if name.endswith("_SCHEDULE")}
    for name in local.keys() - harmless:
        assert name in str(refusal.value), name


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://zava.blob.core.windows.net/backups", "neither"),
        ("https://zava.blob.core.windows.net", "neither"),
        ("https://blob.example/backups", "neither"),
        ("https://me:hunter2@zava.blob.core.windows.net/backups", "neither"),
        ("https://zava.blob.core.windows.net/backups?sv=2024&sig=hunter2", "without a signature"),
        ("file://elsewhere/backups", "neither"),
        ("backups", "neither"),
    ],
)
def test_backups_go_to_a_container_or_a_folder(url: str, named: str) -> None:
    said = problem(BACKUP_STORE_URL=url)
    assert "BACKUP_STORE_URL" in said
    assert named in said
    assert "hunter2" not in said


@pytest.mark.parametrize("url", ["https://zava.blob.core.windows.net/backups/zava", "file:///home/me/backups"])
def test_both_are_taken(url: str) -> None:
    assert Settings.from_environ(GOOD | {"BACKUP_STORE_URL": url}).backup_store_url == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://zava_app@127.0.0.1/zava?host=db.example",
        "postgresql://zava_app@127.0.0.1/zava?hostaddr=203.0.113.7",
        "postgresql://zava_app@127.0.0.1,db.example/zava",
    ],
)
def test_a_database_is_one_host(url: str) -> None:
    assert "APP_DATABASE_URL must name one host" in problem(APP_DATABASE_URL=url)


def test_who_has_no_identity_of_its_own_takes_the_instances() -> None:
    names = {"AZURE_CLIENT_ID": "instance", "KEYS_CLIENT_ID": "keys", "BACKUP_CLIENT_ID": "backup"}

    def identities(environ: dict[str, str]) -> tuple[str | None, ...]:
        settings = Settings.from_environ(GOOD | environ)
        return settings.azure_client_id, settings.keys_client_id, settings.backup_client_id

    assert identities(names) == ("instance", "keys", "backup")
    assert identities({"AZURE_CLIENT_ID": "instance"}) == ("instance", "instance", "instance")
    assert identities({}) == (None, None, None)
