@description('Serves calls')
param serverPrincipalId string

@description('Brings keys')
param keysPrincipalId string

@description('Writes and verifies backups')
param backupPrincipalId string
param hostStorageName string
param backupStorageName string
param backupContainerName string
param keyVaultName string
param openAiName string
param appInsightsName string

var blobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var keyVaultSecretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
var openAiUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'
var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostStorageName
}

resource backupStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: backupStorageName
}

resource backupBlobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: backupStorage
  name: 'default'
}

resource backups 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: backupBlobs
  name: backupContainerName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource openAi 'Microsoft.CognitiveServices/accounts@2025-09-01' existing = {
  name: openAiName
}

resource appInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: appInsightsName
}

// Owner, for the host takes leases of its timers and makes containers of its own.
resource serverOnHostStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostStorage.id, serverPrincipalId, blobDataOwner)
  scope: hostStorage
  properties: {
    principalId: serverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataOwner)
  }
}

resource serverOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, serverPrincipalId, keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: serverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

resource keysOnVault 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, keysPrincipalId, keyVaultSecretsOfficer)
  scope: vault
  properties: {
    principalId: keysPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsOfficer)
  }
}

resource backupOnContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(backups.id, backupPrincipalId, blobDataContributor)
  scope: backups
  properties: {
    principalId: backupPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

resource serverOnOpenAi 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(openAi.id, serverPrincipalId, openAiUser)
  scope: openAi
  properties: {
    principalId: serverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', openAiUser)
  }
}

resource serverOnTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(appInsights.id, serverPrincipalId, metricsPublisher)
  scope: appInsights
  properties: {
    principalId: serverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}
