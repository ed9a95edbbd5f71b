param name string
param location string
param tags object
param skuName string

@allowed([ 'Burstable', 'GeneralPurpose', 'MemoryOptimized' ])
param skuTier string
param storageSizeGB int

@description('Zone-redundant standby, geo-redundant backups of 35 days, and a lock')
param highlyAvailable bool
param databaseName string

@description('The database that backups are restored into')
param verificationDatabaseName string

@description('A second server that follows this one, for people and reports to read from; the app reads from none')
param readReplica bool

@description('Object id of the identity that migrates; it administers the server')
param migrationsObjectId string
param migrationsName string

@description('Object id of a group of people who administer it as well; empty has none')
param adminGroupId string
param adminGroupName string
param workspaceId string

var always = [
  // What sql/database.sql creates.
  { name: 'azure.extensions', value: 'VECTOR,PG_TRGM' }
  { name: 'require_secure_transport', value: 'ON' }
  { name: 'ssl_min_protocol_version', value: 'TLSv1.2' }
  { name: 'log_connections', value: 'ON' }
  { name: 'log_disconnections', value: 'ON' }
  { name: 'connection_throttle.enable', value: 'ON' }
  // Callers' statements hold what they ask for, and logs are for other eyes.
  { name: 'log_statement', value: 'none' }
  { name: 'log_min_duration_statement', value: '-1' }
  { name: 'log_min_error_statement', value: 'panic' }
  // What sql/roles.sql cannot set here, for its administrator is no superuser. In kB, and for every login.
  { name: 'temp_file_limit', value: '524288' }
  { name: 'track_activities', value: 'off' }
]
var pooled = [
  { name: 'pgbouncer.enabled', value: 'true' }
  { name: 'pgbouncer.pool_mode', value: 'transaction' }
  { name: 'pgbouncer.default_pool_size', value: '100' }
]
var configuration = skuTier == 'Burstable' ? always : concat(always, pooled)

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: skuName, tier: skuTier }
  properties: {
    version: '18'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: { storageSizeGB: storageSizeGB, autoGrow: 'Enabled' }
    backup: {
      backupRetentionDays: highlyAvailable ? 35 : 7
      geoRedundantBackup: highlyAvailable ? 'Enabled' : 'Disabled'
    }
    highAvailability: { mode: highlyAvailable ? 'ZoneRedundant' : 'Disabled' }
    network: { publicNetworkAccess: 'Disabled' }
    maintenanceWindow: { customWindow: 'Enabled', dayOfWeek: 0, startHour: 3, startMinute: 30 }
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: databaseName
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
}

resource verification 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: verificationDatabaseName
  properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  dependsOn: [ database ]
}

resource migrations 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: migrationsObjectId
  properties: {
    principalName: migrationsName
    principalType: 'ServicePrincipal'
    tenantId: tenant().tenantId
  }
  dependsOn: [ verification ]
}

resource people 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = if (!empty(adminGroupId)) {
  parent: server
  name: adminGroupId
  properties: {
    principalName: adminGroupName
    principalType: 'Group'
    tenantId: tenant().tenantId
  }
  dependsOn: [ migrations ]
}

// One at a time, behind the administrators: the server takes one change at once.
@batchSize(1)
resource settings 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2025-08-01' = [for each in configuration: {
  parent: server
  name: each.name
  properties: { value: each.value, source: 'user-override' }
  dependsOn: [ migrations, people ]
}]

resource reader 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = if (readReplica) {
  name: '${name}-replica'
  location: location
  tags: tags
  sku: { name: skuName, tier: skuTier }
  properties: {
    createMode: 'Replica'
    sourceServerResourceId: server.id
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    network: { publicNetworkAccess: 'Disabled' }
  }
  dependsOn: [ settings ]
}

resource readerLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (readReplica) {
  name: 'to-log-analytics'
  scope: reader
  properties: {
    workspaceId: workspaceId
    logs: [ { categoryGroup: 'allLogs', enabled: true } ]
    metrics: [ { category: 'AllMetrics', enabled: true } ]
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: server
  properties: {
    workspaceId: workspaceId
    logs: [ { categoryGroup: 'allLogs', enabled: true } ]
    metrics: [ { category: 'AllMetrics', enabled: true } ]
  }
  dependsOn: [ settings ]
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (highlyAvailable) {
  name: 'no-delete'
  scope: server
  properties: { level: 'CanNotDelete', notes: 'Holds the data' }
}

output id string = server.id
output fqdn string = server.properties.fullyQualifiedDomainName
output replicaId string = readReplica ? reader.id : ''
