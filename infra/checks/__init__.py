"""Checks of infra/bicep and azure.yaml that need neither Azure nor the Bicep compiler: `python -m infra.checks`.

They read the language as it is written here: no nested resources, no functions or types of our own, no lambdas.
"""
