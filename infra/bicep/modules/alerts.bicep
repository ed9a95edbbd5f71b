@description('Makes names of rules unique')
param suffix string
param location string
param tags object

@description('Where alerts go; empty notifies nobody')
param email string
param postgresId string

@description('Connections beyond which somebody should look')
param mostConnections int
param workspaceId string

@description('Whether a missing verification is told')
param backupsVerified bool

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'zava-mcp'
    emailReceivers: [ { name: 'operators', emailAddress: email, useCommonAlertSchema: true } ]
  }
}

var told = empty(email) ? [] : [ people.id ]
// What the server could not do; what a caller did wrong has other outcomes.
var failed = 'Properties.outcome startswith "HTTP_5" or Properties.outcome in ("UNAVAILABLE", "-32603")'
var metrics = [
  {
    name: 'database-down'
    text: 'The database does not answer'
    metric: 'is_db_alive'
    operator: 'LessThan'
    threshold: 1
    aggregation: 'Maximum'
    severity: 0
  }
  {
    name: 'database-cpu'
    text: 'The database computes above 85 %'
    metric: 'cpu_percent'
    operator: 'GreaterThan'
    threshold: 85
    aggregation: 'Average'
    severity: 2
  }
  {
    name: 'database-storage'
    text: 'The disk of the database is 85 % full'
    metric: 'storage_percent'
    operator: 'GreaterThan'
    threshold: 85
    aggregation: 'Average'
    severity: 1
  }
  {
    name: 'database-connections'
    text: 'The database runs out of connections'
    metric: 'active_connections'
    operator: 'GreaterThan'
    threshold: mostConnections
    aggregation: 'Maximum'
    severity: 2
  }
]
var queries = [
  {
    name: 'error-rate'
    text: 'More than 5 % of calls fail'
    severity: 1
    enabled: true
    every: 'PT5M'
    window: 'PT15M'
    query: 'AppEvents | where Name == "zava.call" | summarize calls = count(), failures = countif(${failed}) | where calls >= 20 and failures > 0.05 * calls'
  }
  {
    name: 'slow-calls'
    text: 'One call in twenty takes more than two seconds'
    severity: 2
    enabled: true
    every: 'PT5M'
    window: 'PT15M'
    query: 'AppEvents | where Name == "zava.call" and Properties.method == "tools/call" | summarize calls = count(), p95 = percentile(todouble(Measurements.duration_ms), 95) | where calls >= 20 and p95 > 2000'
  }
  {
    name: 'refused-tokens'
    text: 'Many tokens are refused'
    severity: 2
    enabled: true
    every: 'PT5M'
    window: 'PT15M'
    query: 'AppEvents | where Name == "zava.call" and Properties.outcome in ("HTTP_401", "HTTP_403") | summarize refused = count() | where refused > 100'
  }
  {
    name: 'embeddings-late'
    text: 'No refresh of embeddings has succeeded for half an hour'
    severity: 2
    enabled: true
    every: 'PT15M'
    window: 'PT30M'
    query: 'AppRequests | where OperationName == "refresh_embeddings" | summarize succeeded = countif(Success == true) | where succeeded == 0'
  }
  {
    name: 'keys-not-rotated'
    text: 'No rotation of keys has succeeded for three hours'
    severity: 2
    enabled: true
    every: 'PT1H'
    window: 'PT3H'
    query: 'AppRequests | where OperationName == "rotate_keys" | summarize succeeded = countif(Success == true) | where succeeded == 0'
  }
  {
    name: 'backup-not-verified'
    text: 'No backup was verified for 26 hours'
    severity: 1
    enabled: backupsVerified
    every: 'PT1H'
    window: 'P2D'
    query: 'AppRequests | where TimeGenerated > ago(26h) and OperationName == "verify_backup" | summarize succeeded = countif(Success == true) | where succeeded == 0'
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2018-03-01' = [for rule in metrics: {
  name: '${rule.name}-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: rule.text
    severity: rule.severity
    enabled: true
    scopes: [ postgresId ]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: rule.name
          metricName: rule.metric
          operator: rule.operator
          threshold: rule.threshold
          timeAggregation: rule.aggregation
        }
      ]
    }
    actions: empty(email) ? [] : [ { actionGroupId: people.id } ]
  }
}]

resource queryRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in queries: {
  name: '${rule.name}-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: rule.text
    severity: rule.severity
    enabled: rule.enabled
    evaluationFrequency: rule.every
    windowSize: rule.window
    scopes: [ workspaceId ]
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    // Of a table that has no row yet, too.
    skipQueryValidation: true
    actions: { actionGroups: told }
  }
}]
