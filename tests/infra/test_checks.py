"""The checks of infra/ find nothing in this repository, and one mistake of a kind wherever one is made."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.checks.__main__ import findings_in
from tests.conftest import REPOSITORY


class Mistake(NamedTuple):
    """In one file: what is written instead, and by which rule it is found."""

    file: str
    right: str
    wrong: str
    rule: str


MAIN, PARAMETERS, YAML = "infra/bicep/main.bicep", "infra/bicep/main.parameters.json", "azure.yaml"


def module(name: str) -> str:
    return f"infra/bicep/modules/{name}.bicep"


MISTAKES = [
    Mistake(MAIN, "location: location\n  tags: tags\n}", "location: location\n  tags: tags\n", "syntax"),
    Mistake(MAIN, "name: 'rg-${environmentName}'", "name: 'rg-${enviromentName}'", "symbols"),
    Mistake(MAIN, "toLower(uniqueString(", "lower(uniqueString(", "symbols"),
    Mistake(MAIN, "var prod = profile == 'prod'", "var prod = profile == 'prod'\nvar prod = true", "symbols"),
    Mistake(MAIN, "var databaseName = 'zava'", "var databaseName = 'zava'\nvar forgotten = 1", "unused"),
    Mistake(MAIN, "modules/keyvault.bicep", "modules/key-vault.bicep", "modules"),
    Mistake(MAIN, "    keep: prod\n  }\n}\n\nmodule openAi", "  }\n}\n\nmodule openAi", "modules"),
    Mistake(MAIN, "highlyAvailable: prod", "highAvailable: prod", "modules"),
    Mistake(MAIN, "keyVault.outputs.uri", "keyVault.outputs.url", "modules"),
    Mistake(MAIN, "modelVersion: '1'", "modelVersion: 1", "modules"),
    Mistake(MAIN, "maximumInstanceCount: prod ? 100 : 40", "maximumInstanceCount: prod ? 100 : 10", "modules"),
    Mistake(MAIN, "  name: 'monitoring'\n  scope: group\n", "  name: 'monitoring'\n", "modules"),
    Mistake(PARAMETERS, '"profile":', '"profil":', "parameters"),
    Mistake(PARAMETERS, "${ZAVA_BUDGET_AMOUNT=0}", "${ZAVA_BUDGET_AMOUNT}", "parameters"),
    Mistake(PARAMETERS, '    "location": { "value": "${AZURE_LOCATION}" },\n', "", "parameters"),
    Mistake(MAIN, "      KEY_VAULT_URL: keyVault.outputs.uri\n", "", "settings"),
    Mistake(MAIN, "REDIS_URL: redisUrl", "REDIS_URL: redisUrl\n      NOBODY_READS: 'x'", "settings"),
    Mistake(MAIN, "REDIS_URL: redisUrl", "REDIS_URL: redisUrl\n      ADMIN_PASSWORD: 'x'", "baseline 1"),
    Mistake(MAIN, "sslmode=verify-full", "sslmode=require", "baseline 5"),
    Mistake(module("keyvault"), "output uri string = ", "output key string = vault.listKeys().x\noutput uri string = ", "secrets"),
    Mistake(module("functionapp"), "type: 'UserAssigned'\n", "type: 'SystemAssigned'\n", "baseline 2"),
    Mistake(module("functionapp"), "type: 'UserAssignedIdentity'", "type: 'StorageAccountConnectionString'", "baseline 2"),
    Mistake(MAIN, "backupIdentity.outputs.id ]", "migrationsIdentity.outputs.id ]", "baseline 3"),
    Mistake(module("role-assignments"), "4633458b-17de-408a-b874-0445c86b69e6", "b24988ac-6180-42a0-ab88-20f7382dd24c", "baseline 3"),
    Mistake(module("role-assignments"), "  scope: vault\n  properties: {\n    principalId: server", "  properties: {\n    principalId: server", "baseline 3"),
    Mistake(module("role-assignments"), "    principalId: keysPrincipalId\n    principalType: 'ServicePrincipal'\n", "    principalId: keysPrincipalId\n", "baseline 3"),
    Mistake(module("postgres"), "passwordAuth: 'Disabled'", "passwordAuth: 'Enabled'", "baseline 4"),
    Mistake(module("postgres"), "    version: '18'\n", "    version: '18'\n    administratorLoginPassword: name\n", "baseline 4"),
    Mistake(module("postgres"), "'require_secure_transport', value: 'ON'", "'require_secure_transport', value: 'OFF'", "baseline 5"),
    Mistake(module("postgres"), "value: 'TLSv1.2'", "value: 'TLSv1'", "baseline 5"),
    Mistake(module("storage"), "'TLS1_2'", "'TLS1_0'", "baseline 5"),
    Mistake(module("postgres"), "'VECTOR,PG_TRGM'", "'VECTOR,PG_TRGM,DBLINK'", "baseline 6"),
    Mistake(module("postgres"), "  { name: 'temp_file_limit', value: '524288' }\n", "", "baseline 6"),
    Mistake(module("postgres"), "'track_activities', value: 'off'", "'track_activities', value: 'on'", "baseline 6"),
    Mistake(
        module("postgres"),
        "output id ",
        "resource all 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = {\n  parent: server\n"
        "  name: 'azure'\n  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }\n}\n\noutput id ",
        "baseline 7",
    ),
    Mistake(module("postgres"), "publicNetworkAccess: 'Disabled'", "publicNetworkAccess: 'Enabled'", "baseline 8"),
    Mistake(module("postgres"), "Disabled' }\n  }\n  dependsOn: [ settings ]", "Enabled' }\n  }\n  dependsOn: [ settings ]", "baseline 8"),
    Mistake(module("postgres"), "createMode: 'Replica'", "createMode: 'Default'", "baseline 19"),
    Mistake(module("keyvault"), "publicNetworkAccess: 'Disabled'", "publicNetworkAccess: 'Enabled'", "baseline 8"),
    Mistake(module("storage"), "defaultAction: 'Deny'", "defaultAction: 'Allow'", "baseline 8"),
    Mistake(module("storage"), "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "baseline 9"),
    Mistake(module("backup-storage"), "publicAccess: 'None'", "publicAccess: 'Blob'", "baseline 9"),
    Mistake(module("backup-storage"), "isVersioningEnabled: true", "isVersioningEnabled: false", "baseline 10"),
    Mistake(module("backup-storage"), "state: 'Unlocked'", "state: 'Disabled'", "baseline 10"),
    Mistake(module("keyvault"), "enableRbacAuthorization: true", "enableRbacAuthorization: false", "baseline 11"),
    Mistake(module("keyvault"), "softDeleteRetentionInDays: 90", "softDeleteRetentionInDays: 7", "baseline 11"),
    Mistake(module("openai"), "disableLocalAuth: true", "disableLocalAuth: false", "baseline 12"),
    Mistake(module("monitoring"), "DisableLocalAuth: true", "DisableLocalAuth: false", "baseline 13"),
    Mistake(module("functionapp"), "httpsOnly: true", "httpsOnly: false", "baseline 14"),
    Mistake(module("functionapp"), "name: 'scm'\n  properties: { allow: false }", "name: 'scm'\n  properties: { allow: true }", "baseline 14"),
    Mistake(module("functionapp"), "'Return401'", "'AllowAnonymous'", "baseline 15"),
    Mistake(module("functionapp"), "'/icons/*',", "'/icons/*', '/mcp',", "baseline 15"),
    Mistake(module("functionapp"), "'/status',", "'/status', '/health',", "baseline 15"),
    Mistake(module("functionapp"), "allowedOrigins: []", "allowedOrigins: [ '*' ]", "baseline 16"),
    Mistake(module("openai"), "Microsoft.Insights/diagnosticSettings@2021-05-01-preview", "Microsoft.Insights/logs@2021-05-01", "baseline 17"),
    Mistake(module("alerts"), "name: 'database-storage'", "name: 'disk'", "baseline 18"),
    Mistake(module("alerts"), "actions: { actionGroups: told }", "actions: {}", "baseline 18"),
    Mistake(MAIN, "module budget 'modules/budget.bicep'", "module budget 'modules/workbook.bicep'", "baseline 18"),
    Mistake(module("postgres"), "'ZoneRedundant' : 'Disabled'", "'SameZone' : 'Disabled'", "baseline 19"),
    Mistake(module("postgres"), "Microsoft.Authorization/locks@2020-05-01", "Microsoft.Authorization/policies@2020-05-01", "baseline 19"),
    Mistake(module("openai"), "accounts@2025-09-01'", "accounts@2025-10-01-preview'", "baseline 20"),
    Mistake(module("functionapp"), "http20Enabled: true", "http20Enabled: true\n      alwaysOn: true", "flex"),
    Mistake(YAML, "host: function", "host: functions", "azure.yaml"),
    Mistake(YAML, "path: infra/bicep", "path: infra", "azure.yaml"),
    Mistake(YAML, "  mcp:\n", "  server:\n", "azure.yaml"),
    Mistake(YAML, "services:", "services: [", "azure.yaml"),
    Mistake(YAML, "run: infra/hooks/postdeploy.py", "run: infra/hooks/after.py", "azure.yaml"),
    Mistake(YAML, "run: infra/hooks/postdeploy.py\n    kind: python", "run: infra/hooks/postdeploy.py\n    kind: sh", "azure.yaml"),
    Mistake(YAML, "  postdeploy:", "  postpublish:", "azure.yaml"),
    Mistake(YAML, "run: infra/hooks/postprovision.py", "run: infra/hooks/postprovision.py\n    continueOnError: true", "azure.yaml"),
    Mistake(MAIN, "output KEYS_OBJECT_ID", "output KEY_OBJECT_ID", "hooks"),
    Mistake(PARAMETERS, "${ZAVA_AUTH_CLIENT_ID}", "${ZAVA_CLIENT_ID}", "hooks"),
    Mistake(MAIN, "POOL_MAX_SIZE: prod ? '16' : '3'", "POOL_MAX_SIZE: prod ? '16' : '4'", "connections"),
    Mistake(MAIN, "maximumInstanceCount: prod ? 100 : 40", "maximumInstanceCount: prod ? 110 : 40", "connections"),
    Mistake(MAIN, "prod ? '6432' : '5432'", "prod ? '5432' : '5432'", "connections"),
    Mistake(MAIN, "prod ? 'Standard_D4ds_v5' : 'Standard_B2s'", "prod ? 'Standard_D4ds_v5' : 'Standard_B1ms'", "connections"),
    Mistake(module("postgres"), "'pgbouncer.default_pool_size', value: '100'", "'pgbouncer.default_pool_size', value: '400'", "connections"),
    Mistake("sql/roles.sql", "ALTER ROLE zava_keys LOGIN", "ALTER ROLE zava_tables LOGIN", "hooks"),
]  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Of what the checks read."""
    for folder in ("infra/bicep", "infra/hooks"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "sql").mkdir()
    for name in ("azure.yaml", "host.json", "function_app.py", "sql/database.sql", "sql/roles.sql"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def make(mistake: Mistake, copy: Path) -> None:
    path = copy / mistake.file
    text = path.read_text()
    assert mistake.right in text
    path.write_text(text.replace(mistake.right, mistake.wrong, 1))


def test_this_repository_has_no_mistake() -> None:
    assert findings_in(REPOSITORY) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{Path(mistake.file).stem}: {mistake.right[:40]!r}")
def test_a_mistake_is_found(mistake: Mistake, copy: Path) -> None:
    make(mistake, copy)
    assert mistake.rule in {finding.rule for finding in findings_in(copy)}


def test_a_file_that_nothing_uses_is_found(copy: Path) -> None:
    shutil.copy(copy / module("identity"), copy / module("forgotten"))
    assert [finding.rule for finding in findings_in(copy)] == ["modules"]


def test_the_command_says_how_many_and_fails_by_that() -> None:
    done = subprocess.run([sys.executable, "-m", "infra.checks"], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0 mistakes")
