"""`python -m shared completion`: a word for the shell, and the script that completes what is typed behind it.

The script asks this program at each Tab (argcomplete), so it knows the options of the release that is there, and need
not be made anew.
"""

import shlex
import sys
from pathlib import Path

from argcomplete.shell_integration import shellcode

from shared.commands.status import Status
from shared.commands.terminal import print_document, print_lines

ROOT = Path(__file__).resolve().parents[2]


def print_completion(shell: str, name: str, *, as_json: bool) -> Status:
    """shell: bash, zsh or fish. name: the word."""
    script = f"{_definition(shell, name)}\n{_completer(shell, name)}"
    if as_json:
        print_document({"shell": shell, "name": name, "script": script})
    else:
        print_lines(script)
    return Status.DONE


def _definition(shell: str, name: str) -> str:
    """The word runs this Python on this folder, wherever the shell is."""
    run = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m shared"
    if shell == "fish":
        return f"function {name}\n    env {run} $argv\nend"
    return f'{name}() {{\n    {run} "$@"\n}}'


def _completer(shell: str, name: str) -> str:
    # For zsh, argcomplete's script of bash has a part of its own.
    script = name if shell == "fish" else None
    return shellcode([name], shell="fish" if shell == "fish" else "bash", argcomplete_script=script)
