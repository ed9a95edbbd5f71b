"""Steps of a deployment, against servers that speak as Azure does."""
