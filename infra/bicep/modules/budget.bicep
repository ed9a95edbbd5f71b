@description('A month, in the currency of the subscription')
param amount int

@description('First day of a month')
param startDate string

@description('Who is told; empty tells the owners of the resource group')
param email string

var people = empty(email) ? [] : [ email ]
var owners = empty(email) ? [ 'Owner' ] : []

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: 'monthly'
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      spent: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: people
        contactRoles: owners
      }
      foreseen: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: people
        contactRoles: owners
      }
    }
  }
}
