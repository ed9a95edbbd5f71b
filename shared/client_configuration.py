"""How clients are told of a server at an address, as docs/clients.md has it."""

import json
from typing import Any

TOKEN_COMMAND = "python3 dev.py token --as kirkland"  # noqa: S105  # what prints one
NAME = "zava-retail"
"""What clients call the server, where its domain has no name of its own."""


def vscode_configuration(mcp_url: str, *, asks_for_token: bool, name: str = NAME) -> dict[str, Any]:
    """`.vscode/mcp.json`, which holds no token: VS Code signs in, or asks for one and keeps it in its own storage."""
    server: dict[str, Any] = {"type": "http", "url": mcp_url}
    if not asks_for_token:
        return {"servers": {name: server}}
    return {
        "inputs": [
            {
                "type": "promptString",
                "id": f"{name}-token",
                "description": f"What `{TOKEN_COMMAND}` prints (good for an hour)",
                "password": True,
            }
        ],
        "servers": {name: {**server, "headers": {"Authorization": f"Bearer ${{input:{name}-token}}"}}},
    }


def as_text(configuration: dict[str, Any]) -> str:
    """As the file has it."""
    return json.dumps(configuration, indent=2) + "\n"


def claude_code_command(mcp_url: str, token_command: str | None, name: str = NAME) -> str:
    """How Claude Code is told. token_command: prints a token; None where it signs in."""
    header = f' --header "Authorization: Bearer $({token_command})"' if token_command else ""
    return f"claude mcp add --transport http {name} {mcp_url}{header}"
