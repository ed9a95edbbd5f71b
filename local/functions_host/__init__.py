"""The Functions host for a laptop and for CI: real `azure_functions_runtime`, no .NET, no gRPC.

`python -m local.functions_host --script-root .` serves what `func start` serves: HTTP and timer triggers and `/admin`.
"""
