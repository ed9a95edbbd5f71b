param name string
param location string
param tags object
param workspaceId string

@description('Whether the vault must not be deleted')
param keep bool

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Disabled'
    networkAcls: { bypass: 'None', defaultAction: 'Deny' }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [ { categoryGroup: 'audit', enabled: true } ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (keep) {
  name: 'no-delete'
  scope: vault
  properties: { level: 'CanNotDelete', notes: 'Holds the keys that sign and verify' }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
