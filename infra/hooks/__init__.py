"""What a deployment needs besides Bicep, in steps that can be repeated: azd runs them, or `python -m infra.hooks`."""
