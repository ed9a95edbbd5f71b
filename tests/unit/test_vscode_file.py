"""Who may have .vscode/mcp.json: the stack that runs, and before it whoever wrote the file."""

import socket
from functools import partial
from pathlib import Path

import pytest

from local.clients import write_vscode_configuration
from local.postgres import free_port
from shared import client_configuration
from shared.client_configuration import as_text

vscode_configuration = partial(client_configuration.vscode_configuration, asks_for_token=True)


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}/mcp"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".vscode" / "mcp.json"


def test_a_second_stack_takes_the_file_from_one_that_has_ended_and_from_no_other(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as running:
        first, second = url_of(running.getsockname()[1]), url_of(free_port())
        assert write_vscode_configuration(file, first)
        assert not write_vscode_configuration(file, second)
        assert file.read_text() == as_text(vscode_configuration(first))
    assert write_vscode_configuration(file, second)
    assert file.read_text() == as_text(vscode_configuration(second))


@pytest.mark.parametrize(
    "theirs",
    [
        "",
        "[]",
        '{"servers": {}}',
        "// mine\n" + as_text(vscode_configuration(url_of(1))),
        as_text(vscode_configuration(url_of(1)) | {"servers": {"zava-retail": {"url": url_of(1), "headers": {}}}}),
        as_text(vscode_configuration("http://127.0.0.1/mcp")),
        as_text(vscode_configuration("http://127.0.0.1:x/mcp")),
    ],
)
def test_what_somebody_else_wrote_stays(file: Path, theirs: str) -> None:
    file.parent.mkdir()
    file.write_text(theirs)
    assert not write_vscode_configuration(file, url_of(7071))
    assert file.read_text() == theirs
