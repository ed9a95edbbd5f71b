targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment; every resource name is derived from it')
param environmentName string

@description('Azure region')
@metadata({ azd: { type: 'location' } })
param location string

@allowed([ 'dev', 'prod' ])
@description('dev: one small server and no standby. prod: zone-redundant, PgBouncer, always-ready instances, locks')
param profile string = 'dev'

@minLength(36)
@maxLength(36)
@description('Client id of the app registration that tokens are issued for')
param authClientId string

@minLength(1)
@description('Identifier URI of that registration, under which clients ask for scopes')
param authAudience string

@description('Base URL behind a custom domain, such as https://mcp.example.com; empty takes that of the app')
param publicBaseUrl string = ''

@description('Client ids that may call the endpoint, comma separated; empty lets in every client of the tenant')
param allowedClientIds string = ''

@description('App Service authentication in front of the server, which validates each token itself either way')
param platformAuthentication bool = true

@description('Object id of an Entra group of people who may administer the database; empty has none')
param databaseAdminGroupId string = ''

@description('Name of that group')
param databaseAdminGroupName string = ''

@description('E-mail address that alerts go to; empty makes rules that notify nobody')
param alertEmail string = ''

@minValue(0)
@description('Monthly budget of the resource group in the currency of the subscription; 0 makes none')
param budgetAmount int = 0

@description('First day of the month in which the budget begins, such as 2026-12-01; it must stay as it is')
param budgetStart string = ''

@description('Whether a missing verification of backups raises an alert')
param backupsVerified bool = true

@description('A read replica of the database, in prod: burstable servers have none')
param readReplica bool = false

@description('rediss:// URL of a Redis that instances share, without password; empty has none')
param redisUrl string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName, profile: profile }
var prod = profile == 'prod'
var databaseName = 'zava'
var verificationDatabaseName = 'zava_verification'
var embeddingModel = 'text-embedding-3-small'
// psycopg brings its own OpenSSL, which knows no certificates of the system; certifi's lie beside it in the package.
var databaseOptions = 'sslmode=verify-full&sslrootcert=/home/site/wwwroot/.python_packages/lib/site-packages/certifi/cacert.pem'
// Callers' statements go through PgBouncer, where there is one: instances have more connections than the server.
var callersPort = prod ? '6432' : '5432'

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module serverIdentity 'modules/identity.bicep' = {
  name: 'identity-server'
  scope: group
  params: { name: 'id-server-${token}', location: location, tags: tags }
}

module keysIdentity 'modules/identity.bicep' = {
  name: 'identity-keys'
  scope: group
  params: { name: 'id-keys-${token}', location: location, tags: tags }
}

module backupIdentity 'modules/identity.bicep' = {
  name: 'identity-backup'
  scope: group
  params: { name: 'id-backup-${token}', location: location, tags: tags }
}

// Administers the database, so it is attached to nothing that serves.
module migrationsIdentity 'modules/identity.bicep' = {
  name: 'identity-migrations'
  scope: group
  params: { name: 'id-migrations-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    appInsightsName: 'appi-${token}'
    location: location
    tags: tags
    retentionInDays: prod ? 90 : 30
    dailyQuotaGb: prod ? 20 : 2
  }
}

module network 'modules/network.bicep' = {
  name: 'network'
  scope: group
  params: { name: 'vnet-${token}', location: location, tags: tags }
}

// The host's own: leases of timers and the package. Who may write here can replace the code.
module hostStorage 'modules/storage.bicep' = {
  name: 'storage-host'
  scope: group
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    skuName: prod ? 'Standard_ZRS' : 'Standard_LRS'
    containerName: 'app-package'
    retentionDays: 14
  }
}

// Apart from the host's, so that the server's identity reaches no backup.
module backupStorage 'modules/backup-storage.bicep' = {
  name: 'storage-backups'
  scope: group
  params: {
    name: 'stback${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    skuName: prod ? 'Standard_GZRS' : 'Standard_LRS'
    immutableDays: prod ? 30 : 1
    deleteAfterDays: prod ? 400 : 40
    keep: prod
  }
}

module keyVault 'modules/keyvault.bicep' = {
  name: 'keyvault'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    keep: prod
  }
}

module openAi 'modules/openai.bicep' = {
  name: 'openai'
  scope: group
  params: {
    name: 'oai-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    modelName: embeddingModel
    modelVersion: '1'
    capacity: prod ? 120 : 30
  }
}

module postgres 'modules/postgres.bicep' = {
  name: 'postgres'
  scope: group
  params: {
    name: 'psql-${token}'
    location: location
    tags: tags
    skuName: prod ? 'Standard_D4ds_v5' : 'Standard_B2s'
    skuTier: prod ? 'GeneralPurpose' : 'Burstable'
    storageSizeGB: prod ? 128 : 32
    highlyAvailable: prod
    databaseName: databaseName
    verificationDatabaseName: verificationDatabaseName
    readReplica: prod && readReplica
    migrationsObjectId: migrationsIdentity.outputs.principalId
    migrationsName: migrationsIdentity.outputs.name
    adminGroupId: databaseAdminGroupId
    adminGroupName: databaseAdminGroupName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module endpoints 'modules/private-endpoints.bicep' = {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    vnetId: network.outputs.vnetId
    subnetId: network.outputs.endpointSubnetId
    zones: [
      'privatelink.blob.${environment().suffixes.storage}'
      'privatelink.vaultcore.azure.net'
      'privatelink.openai.azure.com'
      'privatelink.postgres.database.azure.com'
    ]
    targets: concat([
      { name: 'host-blob', id: hostStorage.outputs.id, group: 'blob', zone: 0 }
      { name: 'backup-blob', id: backupStorage.outputs.id, group: 'blob', zone: 0 }
      { name: 'vault', id: keyVault.outputs.id, group: 'vault', zone: 1 }
      { name: 'openai', id: openAi.outputs.id, group: 'account', zone: 2 }
      { name: 'postgres', id: postgres.outputs.id, group: 'postgresqlServer', zone: 3 }
    ], prod && readReplica ? [
      { name: 'postgres-replica', id: postgres.outputs.replicaId, group: 'postgresqlServer', zone: 3 }
    ] : [])
  }
}

module access 'modules/role-assignments.bicep' = {
  name: 'role-assignments'
  scope: group
  params: {
    serverPrincipalId: serverIdentity.outputs.principalId
    keysPrincipalId: keysIdentity.outputs.principalId
    backupPrincipalId: backupIdentity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    backupStorageName: backupStorage.outputs.name
    backupContainerName: backupStorage.outputs.containerName
    keyVaultName: keyVault.outputs.name
    openAiName: openAi.outputs.name
    appInsightsName: monitoring.outputs.appInsightsName
  }
}

module app 'modules/functionapp.bicep' = {
  name: 'functionapp'
  scope: group
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: union(tags, { 'azd-service-name': 'mcp' })
    identityId: serverIdentity.outputs.id
    identityClientId: serverIdentity.outputs.clientId
    otherIdentityIds: [ keysIdentity.outputs.id, backupIdentity.outputs.id ]
    blobEndpoint: hostStorage.outputs.blobEndpoint
    deploymentContainer: hostStorage.outputs.containerName
    subnetId: network.outputs.appSubnetId
    maximumInstanceCount: prod ? 100 : 40
    alwaysReadyInstances: prod ? 2 : 0
    zoneRedundant: prod
    workspaceId: monitoring.outputs.workspaceId
    platformAuthentication: platformAuthentication
    authClientId: authClientId
    authAudience: authAudience
    allowedClientIds: allowedClientIds
    publicBaseUrl: publicBaseUrl
    settings: {
      APP_DATABASE_URL: 'postgresql://zava_app@${postgres.outputs.fqdn}:${callersPort}/${databaseName}?${databaseOptions}'
      JOBS_DATABASE_URL: 'postgresql://zava_jobs@${postgres.outputs.fqdn}:5432/${databaseName}?${databaseOptions}'
      KEYS_DATABASE_URL: 'postgresql://zava_keys@${postgres.outputs.fqdn}:5432/${databaseName}?${databaseOptions}'
      BACKUP_DATABASE_URL: 'postgresql://zava_backup@${postgres.outputs.fqdn}:5432/${databaseName}?${databaseOptions}'
      BACKUP_STORE_URL: '${backupStorage.outputs.blobEndpoint}${backupStorage.outputs.containerName}'
      BACKUP_CLIENT_ID: backupIdentity.outputs.clientId
      BACKUP_RETENTION_DAYS: '30'
      VERIFY_DATABASE_URL: 'postgresql://zava_verify@${postgres.outputs.fqdn}:5432/${verificationDatabaseName}?${databaseOptions}'
      KEY_VAULT_URL: keyVault.outputs.uri
      KEYS_CLIENT_ID: keysIdentity.outputs.clientId
      KEY_ROTATION_HOURS: '24'
      OPENAI_BASE_URL: '${openAi.outputs.endpoint}openai/v1'
      EMBEDDING_MODEL: openAi.outputs.deploymentName
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      REDIS_URL: redisUrl
      // Empty: the instance's own disk, for Flex Consumption mounts shares over SMB only.
      AUDIT_SPOOL: ''
      SERVED_DOMAIN: 'shared.retail'
      // Instances × (largest pool + 2 for probes) stay within the 200 connections of zava_app where no PgBouncer is.
      POOL_MIN_SIZE: prod ? '2' : '1'
      POOL_MAX_SIZE: prod ? '16' : '3'
      PRINCIPAL_RATE: prod ? '200' : '80'
      PRINCIPAL_BURST: prod ? '2000' : '800'
      TASK_GRACE_SECONDS: '3'
      TASK_SECONDS: '600'
      TASK_PLAN_COST: '150000000'
      REFRESH_EMBEDDINGS_SCHEDULE: '0 */5 * * * *'
      ROTATE_KEYS_SCHEDULE: '0 0 * * * *'
      BACKUP_FULL_SCHEDULE: '0 0 2 * * *'
      VERIFY_BACKUP_SCHEDULE: '0 0 4 * * *'
      BACKUP_INCREMENTAL_SCHEDULE: '0 30 * * * *'
    }
  }
  dependsOn: [ access, endpoints ]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    suffix: token
    location: location
    tags: tags
    email: alertEmail
    postgresId: postgres.outputs.id
    mostConnections: prod ? 1400 : 340
    workspaceId: monitoring.outputs.workspaceId
    backupsVerified: backupsVerified
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0 && !empty(budgetStart)) {
  name: 'budget'
  scope: group
  params: {
    amount: budgetAmount
    startDate: budgetStart
    email: alertEmail
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output MCP_URL string = app.outputs.mcpUrl
output SERVICE_MCP_NAME string = app.outputs.name
output SERVER_CLIENT_ID string = serverIdentity.outputs.clientId
output SERVER_OBJECT_ID string = serverIdentity.outputs.principalId
output KEYS_OBJECT_ID string = keysIdentity.outputs.principalId
output BACKUP_CLIENT_ID string = backupIdentity.outputs.clientId
output BACKUP_OBJECT_ID string = backupIdentity.outputs.principalId
output MIGRATIONS_CLIENT_ID string = migrationsIdentity.outputs.clientId
output MIGRATIONS_LOGIN string = migrationsIdentity.outputs.name
output DATABASE_HOST string = postgres.outputs.fqdn
output DATABASE_NAME string = databaseName
output VERIFICATION_DATABASE_NAME string = verificationDatabaseName
output KEY_VAULT_NAME string = keyVault.outputs.name
