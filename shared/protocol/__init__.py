"""MCP, where the SDK leaves something open."""
