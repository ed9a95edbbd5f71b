param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'zava-retail-mcp')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'Zava Retail MCP'
    serializedData: loadTextContent('workbook.json')
    sourceId: workspaceId
  }
}
