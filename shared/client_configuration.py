"""How clients are told of a server at an address, as docs/clients.md has it."""

import json
from typing import Any

TOKEN_COMMAND = "python3 dev.py token --as kirkland"  # noqa: S105  # what prints one


def vscode_configuration(mcp_url: str, *, asks_for_token: bool) -> dict[str, Any]:
    """`.vscode/mcp.json`, which holds no token: VS Code signs in, or asks for one and keeps it in its own storage."""
    server: dict[str, Any] = {"type": "http", "url": mcp_url}
    if not asks_for_token:
        return {"servers": {"zava-retail": server}}
    return {
        "inputs": [
            {
                "type": "promptString",
                "id": "zava-retail-token",
                "description": f"What `{TOKEN_COMMAND}` prints (good for an hour)",
                "password": True,
            }
        ],
        "servers": {"zava-retail": {**server, "headers": {"Authorization": "Bearer ${input:zava-retail-token}"}}},
    }


def as_text(configuration: dict[str, Any]) -> str:
    """As the file has it."""
    return json.dumps(configuration, indent=2) + "\n"


def claude_code_command(mcp_url: str, token_command: str | None) -> str:
    """How Claude Code is told. token_command: prints a token; None where it signs in."""
    header = f' --header "Authorization: Bearer $({token_command})"' if token_command else ""
    return f"claude mcp add --transport http zava-retail {mcp_url}{header}"
