"""How clients on this machine reach the running stack: VS Code's own file, and a snippet for the terminal."""

import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.parts import ROOT, listens

VSCODE_FILE = ROOT / ".vscode" / "mcp.json"


def vscode_configuration(mcp_url: str) -> dict[str, Any]:
    """VS Code asks for the token and keeps it in its secret storage, so the file holds none."""
    return {
        "inputs": [
            {
                "type": "promptString",
                "id": "zava-retail-token",
                "description": "What `python3 dev.py token --as kirkland` prints (good for an hour)",
                "password": True,
            }
        ],
        "servers": {
            "zava-retail": {
                "type": "http",
                "url": mcp_url,
                "headers": {"Authorization": "Bearer ${input:zava-retail-token}"},
            }
        },
    }


def as_text(configuration: dict[str, Any]) -> str:
    """As the file has it."""
    return json.dumps(configuration, indent=2) + "\n"


def write_vscode_configuration(path: Path, mcp_url: str) -> bool:
    """Name the stack in the file, unless somebody else wrote it or a stack that it names still runs."""
    if path.exists() and not _is_free(path.read_text()):
        return False
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(as_text(vscode_configuration(mcp_url)))
    new.replace(path)
    return True


def _is_free(text: str) -> bool:
    """Ours, to the last letter but the port, and nobody listens there: a second stack takes nothing from the first."""
    try:
        url = json.loads(text)["servers"]["zava-retail"]["url"]
        port = urlsplit(url).port
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return text == as_text(vscode_configuration(url)) and port is not None and not listens(port)


def snippet(mcp_url: str, state: Path) -> str:
    """What to type next, for the terminal."""
    return f"""\
  A token:      {token_command(state)}
  Claude Code:  {claude_code_command(mcp_url, state)}
  VS Code:      .vscode/mcp.json, which asks for the token; other clients: docs/clients.md"""


def token_command(state: Path) -> str:
    """How this stack's token is printed."""
    elsewhere = "" if state == ROOT / ".local" else f" --state {shlex.quote(str(state))}"
    return f"python3 dev.py token --as kirkland{elsewhere}"


def claude_code_command(mcp_url: str, state: Path) -> str:
    """How Claude Code is told of the stack."""
    header = f'"Authorization: Bearer $({token_command(state)})"'
    return f"claude mcp add --transport http zava-retail {mcp_url} --header {header}"
