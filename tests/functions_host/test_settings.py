"""host.json, local.settings.json and the environment, as the host reads them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from local.functions_host.errors import StartError
from local.functions_host.settings import is_disabled, load_local_settings, read_host_json, resolve_references


@pytest.mark.parametrize(
    ("text", "route_prefix", "function_timeout"),
    [
        ("{}", "api", 1800),
        ('{"functionTimeout": "00:00:02"}', "api", 2),
        ('{"functionTimeout": "1.00:00:00"}', "api", 86400),
        ('{"functionTimeout": "-1"}', "api", None),
        ('{"extensions": {"http": {"routePrefix": ""}}}', "", 1800),
        ('\ufeff{"extensions": {"http": {"routePrefix": "v1"}}}', "v1", 1800),
        ('{"extensions": null}', "api", 1800),
    ],
)
def test_host_json_says_prefix_and_timeout(
    tmp_path: Path, text: str, route_prefix: str, function_timeout: float | None
) -> None:
    (tmp_path / "host.json").write_text(text, encoding="utf-8")
    host_json = read_host_json(tmp_path)
    assert (host_json.route_prefix, host_json.function_timeout) == (route_prefix, function_timeout)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "host.json is not valid JSON"),
        ("[]", "host.json does not hold a JSON object"),
        ('{"functionTimeout": "soon"}', "host.json: functionTimeout 'soon' is not a TimeSpan"),
    ],
)
def test_a_wrong_host_json_is_one_clear_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(StartError) as refusal:
        read_host_json(tmp_path)
    assert complaint in str(refusal.value)


def test_local_settings_fill_gaps_and_override_nothing(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "file", "B": "file"}}')
    environ = {"B": "environment"}
    load_local_settings(tmp_path, environ)
    assert environ == {"A": "file", "B": "environment", "AZURE_FUNCTIONS_ENVIRONMENT": "Development"}


def test_encrypted_local_settings_are_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json").write_text('{"IsEncrypted": true, "Values": {}}')
    with pytest.raises(StartError, match="is encrypted; run `func settings decrypt` first"):
        load_local_settings(tmp_path, {})


def test_references_to_settings_are_replaced() -> None:
    assert resolve_references("backup", "0 %MINUTE% %HOUR% * * *", {"MINUTE": "5", "HOUR": "2"}) == "0 5 2 * * *"


@pytest.mark.parametrize("environ", [{}, {"MINUTE": ""}])
def test_a_reference_to_a_missing_or_empty_setting_names_both(environ: dict[str, str]) -> None:
    with pytest.raises(StartError, match="^function backup: %MINUTE% names the app setting MINUTE, which is not set$"):
        resolve_references("backup", "%MINUTE%", environ)


@pytest.mark.parametrize(
    ("environ", "disabled"),
    [
        ({}, False),
        ({"AzureWebJobs.backup.Disabled": "true"}, True),
        ({"AzureWebJobs_backup_Disabled": "1"}, True),
        ({"AzureWebJobs.backup.Disabled": "false"}, False),
        ({"AzureWebJobs.restore.Disabled": "true"}, False),
    ],
)
def test_a_function_is_disabled_by_its_setting(environ: dict[str, str], disabled: bool) -> None:
    assert is_disabled("backup", environ) is disabled


def test_the_longest_category_says_what_is_logged(tmp_path: Path) -> None:
    levels = '{"default": "Error", "Function": "Warning", "Function.mcp": "None", "Function.mcp.User": "Debug"}'
    (tmp_path / "host.json").write_text(f'{{"logging": {{"logLevel": {levels}}}}}')
    level = read_host_json(tmp_path).log_level
    assert [level("Function.mcp"), level("Function.mcp.User"), level("Function.mcps"), level("Host.Startup")] == [
        logging.CRITICAL + 1,
        logging.DEBUG,
        logging.WARNING,
        logging.ERROR,
    ]
    (tmp_path / "host.json").write_text("{}")
    assert read_host_json(tmp_path).log_level("Function.mcp") == logging.INFO
