"""How clients on this machine reach the running stack: VS Code's own file, and a snippet for the terminal."""

import json
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from local.parts import ROOT, listens
from shared.client_configuration import TOKEN_COMMAND, as_text, claude_code_command, vscode_configuration

VSCODE_FILE = ROOT / ".vscode" / "mcp.json"


def write_vscode_configuration(path: Path, mcp_url: str) -> bool:
    """Name the stack in the file, unless somebody else wrote it or a stack that it names still runs."""
    if path.exists() and not _is_free(path.read_text()):
        return False
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(as_text(vscode_configuration(mcp_url, asks_for_token=True)))
    new.replace(path)
    return True


def _is_free(text: str) -> bool:
    """Ours, to the last letter but the port, and nobody listens there: a second stack takes nothing from the first."""
    try:
        url = json.loads(text)["servers"]["zava-retail"]["url"]
        port = urlsplit(url).port
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    return text == as_text(vscode_configuration(url, asks_for_token=True)) and port is not None and not listens(port)


def snippet(mcp_url: str, state: Path) -> str:
    """What to type next, for the terminal."""
    named = "which asks for the token" if _names(mcp_url) else "which names another server"
    return f"""\
  A token:      {token_command(state)}
  Claude Code:  {claude_code_command(mcp_url, token_command(state))}
  VS Code:      .vscode/mcp.json, {named}; other clients: docs/clients.md"""


def _names(mcp_url: str) -> bool:
    ours = as_text(vscode_configuration(mcp_url, asks_for_token=True))
    return VSCODE_FILE.exists() and VSCODE_FILE.read_text() == ours


def token_command(state: Path) -> str:
    """How this stack's token is printed."""
    return f"{TOKEN_COMMAND}{state_option(state)}"


def state_option(state: Path) -> str:
    """What commands of dev.py need to find the folder, if it is not where they look."""
    return "" if state == ROOT / ".local" else f" --state {shlex.quote(str(state))}"
