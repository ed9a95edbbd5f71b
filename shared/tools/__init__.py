"""The tools, one file a subject. Each file gives a list of MCP tools bound to what they need."""
