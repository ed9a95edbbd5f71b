"""Tool calls through the Functions host, beside the same SQL without a server, a trivial tool, and another server."""
