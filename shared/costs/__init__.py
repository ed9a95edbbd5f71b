"""What a deployment costs a month, roughly: quantities of infra/bicep times list prices of one dated table."""
