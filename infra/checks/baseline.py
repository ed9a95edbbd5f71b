"""The security baseline of docs/deployment.md, as far as Bicep says it. A rule's name is the number of its point."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from infra.checks.finding import Finding
from infra.checks.infrastructure import Infrastructure
from infra.checks.syntax import properties, text
from infra.checks.values import Value, at, can_be, value_of

STORAGE, BLOBS = "Microsoft.Storage/storageAccounts", "Microsoft.Storage/storageAccounts/blobServices"
CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
VAULT, OPENAI = "Microsoft.KeyVault/vaults", "Microsoft.CognitiveServices/accounts"
DATABASE = "Microsoft.DBforPostgreSQL/flexibleServers"
APP, CONFIG = "Microsoft.Web/sites", "Microsoft.Web/sites/config"
PUBLISHING = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
INSIGHTS, WORKSPACE = "Microsoft.Insights/components", "Microsoft.OperationalInsights/workspaces"
ASSIGNMENT, LOCK = "Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/locks"
DIAGNOSTICS = "Microsoft.Insights/diagnosticSettings"

TOO_MUCH = ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c")
"""Owner and Contributor."""
OPEN_PATHS = {"/health/live", "/health/ready", "/status", "/icons/*", "/.well-known/*"}
SECRET = re.compile(r"AccountKey=|SharedAccessKey|password|passwd|secret|api_?key$", re.IGNORECASE)
SUPERUSERS_SETTING = re.compile(
    r"IF has_parameter_privilege\('(\w+)', 'SET'\) THEN\s+ALTER ROLE zava_app SET \1 = (.+);"
)
"""Of sql/roles.sql: where the administrator may not, the server's parameters have to say it."""
NOT_ON_FLEX = {
    *("alwaysOn", "containerSize", "ftpsState", "javaVersion", "linuxFxVersion", "netFrameworkVersion"),
    *("functionAppScaleLimit", "preWarmedInstanceCount", "use32BitWorkerProcess", "vnetRouteAllEnabled"),
    *("numberOfWorkers", "powerShellVersion", "windowsFxVersion"),
}
SETTINGS_NOT_ON_FLEX = {
    *("AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE"),
    *("SCM_DO_BUILD_DURING_DEPLOYMENT", "ENABLE_ORYX_BUILD", "WEBSITE_CONTENTSHARE", "WEBSITE_VNET_ROUTE_ALL"),
}


ALERTS = {
    *("database-down", "database-cpu", "database-storage", "database-connections", "error-rate", "slow-calls"),
    *("refused-tokens", "embeddings-late", "keys-not-rotated", "backup-not-verified"),
}


class Rule(NamedTuple):
    """holds: of each resource of the type, of which there must be one."""

    point: str
    type: str
    sentence: str
    holds: Callable[[Value], bool]


def _is(path: str, *wanted: str | int | bool) -> Callable[[Value], bool]:
    return lambda value: any(can_be(at(value, path), each) for each in wanted)


def _always(path: str, wanted: str | bool) -> Callable[[Value], bool]:
    return lambda value: at(value, path) is wanted or (isinstance(wanted, str) and at(value, path) == wanted)


def _all(*rules: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: all(rule(value) for rule in rules)


def _any(*rules: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: any(rule(value) for rule in rules)


RULES = (
    Rule(
        "2", APP, "identities are user-assigned, and the package is read by one",
        _all(
            _always("identity.type", "UserAssigned"),
            _always("properties.functionAppConfig.deployment.storage.authentication.type", "UserAssignedIdentity"),
        ),
    ),
    Rule("3", ASSIGNMENT, "an assignment says its principal's type", lambda value: at(value, "properties.principalType") is not None),
    Rule("3", ASSIGNMENT, "an assignment is for one resource", lambda value: at(value, "scope") is not None),
    Rule(
        "4", DATABASE, "only Entra logs in",
        _all(
            _always("properties.authConfig.passwordAuth", "Disabled"),
            _always("properties.authConfig.activeDirectoryAuth", "Enabled"),
            lambda value: at(value, "properties.administratorLoginPassword") is None,
        ),
    ),
    Rule("5", STORAGE, "TLS 1.2 and https", _all(_is("properties.minimumTlsVersion", "TLS1_2", "TLS1_3"), _always("properties.supportsHttpsTrafficOnly", True))),
    Rule("5", APP, "TLS 1.2", _all(_is("properties.siteConfig.minTlsVersion", "1.2", "1.3"), _is("properties.siteConfig.scmMinTlsVersion", "1.2", "1.3"))),
    Rule("8", DATABASE, "not reachable from outside", _always("properties.network.publicNetworkAccess", "Disabled")),
    Rule("8", STORAGE, "not reachable from outside", _all(_always("properties.publicNetworkAccess", "Disabled"), _always("properties.networkAcls.defaultAction", "Deny"))),
    Rule("8", VAULT, "not reachable from outside", _all(_always("properties.publicNetworkAccess", "Disabled"), _always("properties.networkAcls.defaultAction", "Deny"))),
    Rule("8", OPENAI, "not reachable from outside", _all(_always("properties.publicNetworkAccess", "Disabled"), _always("properties.networkAcls.defaultAction", "Deny"))),
    Rule("9", STORAGE, "no keys and nothing anonymous", _all(_always("properties.allowSharedKeyAccess", False), _always("properties.allowBlobPublicAccess", False))),
    Rule("9", CONTAINERS, "nothing anonymous", _always("properties.publicAccess", "None")),
    Rule("10", BLOBS, "versions and soft delete", _all(_always("properties.isVersioningEnabled", True), _always("properties.deleteRetentionPolicy.enabled", True), _always("properties.containerDeleteRetentionPolicy.enabled", True))),
    Rule("11", VAULT, "roles, no purge, 90 days", _all(_always("properties.enableRbacAuthorization", True), _always("properties.enablePurgeProtection", True), _always("properties.enableSoftDelete", True), _is("properties.softDeleteRetentionInDays", 90))),
    Rule("12", OPENAI, "no keys, a host name of its own", _all(_always("properties.disableLocalAuth", True), lambda value: at(value, "properties.customSubDomainName") is not None)),
    Rule("13", INSIGHTS, "no keys alone, kept in the workspace", _all(_always("properties.DisableLocalAuth", True), lambda value: at(value, "properties.WorkspaceResourceId") is not None)),
    Rule("13", WORKSPACE, "no keys", _always("properties.features.disableLocalAuth", True)),
    Rule("14", APP, "https only", _always("properties.httpsOnly", True)),
    Rule("14", PUBLISHING, "no passwords for publishing", _always("properties.allow", False)),
    Rule("16", APP, "no foreign origin", lambda value: at(value, "properties.siteConfig.cors.allowedOrigins") == []),
    Rule("19", DATABASE, "in production a standby and a copy in another region", _any(_always("properties.createMode", "Replica"), _all(_is("properties.highAvailability.mode", "ZoneRedundant"), _is("properties.backup.geoRedundantBackup", "Enabled"), _is("properties.backup.backupRetentionDays", 35)))),
)  # fmt: skip


def check_baseline(infrastructure: Infrastructure) -> Iterator[Finding]:
    """Each place where a rule is broken."""
    for rule in RULES:
        found = infrastructure.of(rule.type)
        if not found:
            yield _missing(rule.point, f"there is no {rule.type}")
        for each in found:
            if not rule.holds(each.value):
                yield each.finding(_name(rule.point), f"{rule.type}: {rule.sentence}")
    for check in (
        _settings,
        _assignments,
        _servers,
        _configuration,
        _gate,
        _backups,
        _alerts,
        _logs,
        _locks,
        _versions,
        _flex,
        _attached,
    ):
        yield from check(infrastructure)


def _settings(infrastructure: Infrastructure) -> Iterator[Finding]:
    for each in infrastructure.of(CONFIG):
        if at(each.value, "name") != "appsettings":
            continue
        for name in set(properties(properties(each.resource.body).get("properties"))) & SETTINGS_NOT_ON_FLEX:
            yield each.finding("flex", f"Flex Consumption does not take the setting {name}")
    for path, file in infrastructure.files.items():
        for number, written in enumerate(path.read_text().splitlines(), 1):
            name, colon, value = written.strip().partition(": ")
            if colon and re.fullmatch(r"[A-Z][A-Za-z]*(_+[A-Za-z]+)+", name) and SECRET.search(f"{name}={value}"):
                yield Finding(file.path, number, _name("1"), f"{name} looks like a secret")
            if re.search(r"sslmode=(?!verify-full)", written):
                yield Finding(file.path, number, _name("5"), "the database's certificate is not verified")


def _assignments(infrastructure: Infrastructure) -> Iterator[Finding]:
    for each in infrastructure.of(ASSIGNMENT):
        whole = str(at(each.value, "properties.roleDefinitionId")) + str(at(each.value, "name"))
        roles = [value for name, value in each.file.variables.items() if re.search(rf"\b{name}\b", whole)]
        if any(role in whole + " ".join(text(value) for value in roles) for role in TOO_MUCH):
            yield each.finding(_name("3"), "no Owner and no Contributor")


def _servers(infrastructure: Infrastructure) -> Iterator[Finding]:
    for each in infrastructure.of(f"{DATABASE}/firewallRules"):
        yield each.finding(_name("7"), "a database that nobody reaches from outside has no firewall rules")


def _configuration(infrastructure: Infrastructure) -> Iterator[Finding]:
    said: dict[str, str] = {}
    for each in infrastructure.of(f"{DATABASE}/configurations"):
        for value in re.finditer(r"name: '([\w.]+)', value: '([^']*)'", text(each.file.root)):
            said[value[1]] = value[2]
    wanted = set(re.findall(r"CREATE EXTENSION IF NOT EXISTS (\w+)", _sql(infrastructure, "database.sql")))
    allowed = {name.lower() for name in said.get("azure.extensions", "").split(",") if name}
    if wanted != allowed:
        yield _missing("6", f"azure.extensions is {sorted(allowed)}, and sql/database.sql creates {sorted(wanted)}")
    if said.get("require_secure_transport", "").upper() != "ON":
        yield _missing("5", "require_secure_transport is not ON")
    if said.get("ssl_min_protocol_version") not in ("TLSv1.2", "TLSv1.3"):
        yield _missing("5", "ssl_min_protocol_version is below TLSv1.2")
    for name, value in SUPERUSERS_SETTING.findall(_sql(infrastructure, "roles.sql")):
        if said.get(name) != (wanted_value := _in_kilobytes(value.strip("'"))):
            yield _missing("6", f"{name} is {said.get(name)}, and sql/roles.sql relies on {wanted_value}")


def _in_kilobytes(value: str) -> str:
    """As Azure writes sizes; anything else as it is."""
    size = re.fullmatch(r"(\d+)MB", value)
    return str(int(size[1]) * 1024) if size else value


def _sql(infrastructure: Infrastructure, name: str) -> str:
    return (infrastructure.repository / "sql" / name).read_text()


def _gate(infrastructure: Infrastructure) -> Iterator[Finding]:
    gates = [each for each in infrastructure.of(CONFIG) if at(each.value, "name") == "authsettingsV2"]
    if not gates:
        yield _missing("15", "there is no authsettingsV2")
    for each in gates:
        validation = at(each.value, "properties.globalValidation")
        if (
            at(validation, "requireAuthentication") is not True
            or at(validation, "unauthenticatedClientAction") != "Return401"
        ):
            yield each.finding(_name("15"), "who brings no token is not refused")
        opened = at(validation, "excludedPaths")
        if not isinstance(opened, list) or not {str(path) for path in opened} <= OPEN_PATHS:
            yield each.finding(_name("15"), f"open without a token is more than {sorted(OPEN_PATHS)}")


def _backups(infrastructure: Infrastructure) -> Iterator[Finding]:
    path = "properties.immutableStorageWithVersioning"
    for each in infrastructure.of(STORAGE):
        if at(each.value, f"{path}.enabled") is True and can_be(
            at(each.value, f"{path}.immutabilityPolicy.state"), "Unlocked"
        ):
            return
    yield _missing("10", "there is no storage in which backups cannot be changed")


def _alerts(infrastructure: Infrastructure) -> Iterator[Finding]:
    for kind in ("Microsoft.Insights/actionGroups", "Microsoft.Consumption/budgets"):
        if not infrastructure.of(kind):
            yield _missing("18", f"there is no {kind}")
    rules = infrastructure.of("Microsoft.Insights/metricAlerts", "Microsoft.Insights/scheduledQueryRules")
    named = set()
    for each in rules:
        lists = (value_of(each.file, value) for value in each.file.variables.values())
        named |= {
            at(rule, "name") for rules_of_list in lists if isinstance(rules_of_list, list) for rule in rules_of_list
        }
        if "actionGroup" not in text(each.resource.node):
            yield each.finding(_name("18"), "an alert tells nobody")
    for name in sorted(ALERTS - {str(name) for name in named}):
        yield _missing("18", f"there is no alert {name}")


def _logs(infrastructure: Infrastructure) -> Iterator[Finding]:
    told = {id(each.file) for each in infrastructure.of(DIAGNOSTICS)}
    for each in infrastructure.of(BLOBS, VAULT, DATABASE, OPENAI, APP):
        if id(each.file) not in told:
            yield each.finding(_name("17"), f"{each.type} has no diagnostic settings")


def _locks(infrastructure: Infrastructure) -> Iterator[Finding]:
    locked = {id(each.file) for each in infrastructure.of(LOCK)}
    kept = [each for each in infrastructure.of(STORAGE) if at(each.value, "properties.immutableStorageWithVersioning")]
    for each in [*kept, *infrastructure.of(VAULT, DATABASE)]:
        if id(each.file) not in locked:
            yield each.finding(_name("19"), f"{each.type} can be deleted in production")


def _versions(infrastructure: Infrastructure) -> Iterator[Finding]:
    for each in infrastructure.made:
        version = each.resource.type.partition("@")[2]
        preview = each.type != DIAGNOSTICS and version.endswith("-preview")  # of those there is no other version
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(-preview)?", version) or preview:
            yield each.finding(_name("20"), f"{each.resource.type} has no stable API version")
        if at(each.value, "location") is not None and at(each.value, "tags") is None and each.type.count("/") == 1:
            yield each.finding(_name("20"), f"{each.type} has no tags")


def _flex(infrastructure: Infrastructure) -> Iterator[Finding]:
    for each in infrastructure.of(APP):
        said = properties(each.resource.body).get("properties")
        for name in (set(properties(said)) | set(properties(properties(said).get("siteConfig")))) & NOT_ON_FLEX:
            yield each.finding("flex", f"Flex Consumption does not take {name}")


def _attached(infrastructure: Infrastructure) -> Iterator[Finding]:
    """The identity that administers the database is none of the app's."""
    main = infrastructure.files.get(infrastructure.main)
    if main is None:
        return
    for name, use in main.modules.items():
        if use.target.endswith("functionapp.bicep") and "migrationsIdentity" in text(use.node):
            yield Finding(main.path, 1, _name("3"), f"module {name} has the identity that administers the database")


def _missing(point: str, what: str) -> Finding:
    return Finding("infra/bicep", 1, _name(point), what)


def _name(point: str) -> str:
    return f"baseline {point}"
