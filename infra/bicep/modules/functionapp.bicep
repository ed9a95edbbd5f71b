param name string
param planName string
param location string
param tags object

@description('Resource id of the identity that serves, deploys and reads secrets')
param identityId string
param identityClientId string

@description('Resource ids of identities for single jobs')
param otherIdentityIds array
param blobEndpoint string
param deploymentContainer string
param subnetId string

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int
param alwaysReadyInstances int
param zoneRedundant bool
param workspaceId string
param platformAuthentication bool
param authClientId string
param authAudience string
param allowedClientIds string
param publicBaseUrl string

@description('App settings that are known before the app is')
param settings object

var baseUrl = empty(publicBaseUrl) ? 'https://${app.properties.defaultHostName}' : publicBaseUrl
var clients = empty(allowedClientIds) ? [] : split(allowedClientIds, ',')

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {}, '${otherIdentityIds[0]}': {}, '${otherIdentityIds[1]}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      cors: { allowedOrigins: [], supportCredentials: false }
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances > 0 ? [ { name: 'http', instanceCount: alwaysReadyInstances } ] : []
        // As many calls as an instance has connections.
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
    }
  }
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource noScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, {
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: blobEndpoint
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    AZURE_CLIENT_ID: identityClientId
    MCP_SERVER_URL: '${baseUrl}/mcp'
    ENTRA_TENANT_IDS: tenant().tenantId
    ENTRA_AUTHORITY: environment().authentication.loginEndpoint
    TOKEN_AUDIENCES: '${authClientId},${authAudience}'
    ALLOWED_CLIENT_IDS: allowedClientIds
    WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES: '${authAudience}/sales.read,${authAudience}/catalog.read'
    OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: identityClientId
  })
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = if (platformAuthentication) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      // What tells nobody anything: probes, pictures, a page without data, and where tokens are to be had.
      excludedPaths: [ '/health/live', '/health/ready', '/status', '/icons/*', '/.well-known/*' ]
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          clientId: authClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
        }
        validation: {
          allowedAudiences: [ authAudience, authClientId ]
          defaultAuthorizationPolicy: { allowedApplications: clients }
        }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
  dependsOn: [ appSettings ]
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [ { category: 'FunctionAppLogs', enabled: true }, { category: 'AppServiceAuthenticationLogs', enabled: true } ]
    metrics: [ { category: 'AllMetrics', enabled: true } ]
  }
}

output name string = app.name
output mcpUrl string = '${baseUrl}/mcp'
