param name string
param location string
param tags object

var appPrefix = '10.20.2.0/24'
var operatorsPrefix = '10.20.3.0/24'

// Private endpoints answer the app and the operators' subnet, on the ports that are used, and nobody else.
resource endpointRules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${name}-endpoints'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'allow-app-and-operators'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefixes: [ appPrefix, operatorsPrefix ]
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRanges: [ '443', '5432', '6432' ]
        }
      }
      {
        name: 'deny-all-else'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource otherRules 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: '${name}-others'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'deny-internet'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: 'Internet'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource vnet 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [ '10.20.0.0/16' ] }
    subnets: [
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.20.1.0/24'
          networkSecurityGroup: { id: endpointRules.id }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
      {
        name: 'app'
        properties: {
          addressPrefix: appPrefix
          networkSecurityGroup: { id: otherRules.id }
          delegations: [
            {
              name: 'flex-consumption'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'operators'
        properties: {
          addressPrefix: operatorsPrefix
          networkSecurityGroup: { id: otherRules.id }
        }
      }
    ]
  }
}

output vnetId string = vnet.id
output endpointSubnetId string = '${vnet.id}/subnets/endpoints'
output appSubnetId string = '${vnet.id}/subnets/app'
