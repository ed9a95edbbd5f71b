"""What the tree promises about itself."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = [REPOSITORY / "function_app.py", *sorted((REPOSITORY / "shared").rglob("*.py"))]
EDGE = {"function_app.py", "asgi_bridge.py"}


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_only_the_edge_knows_azure_functions() -> None:
    assert {path.name for path in SOURCES if "azure.functions" in imports_of(path)} == EDGE


def test_every_module_says_its_job_in_its_first_line() -> None:
    for path in SOURCES:
        assert (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines(), path


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        (
            "shared.commands.parser",
            ("psycopg", "asyncio", "pydantic", "cryptography", "httpx2", "mcp", "openai", "azure"),
        ),
        ("shared.commands.backups", ("mcp", "mcp_types", "openai", "redis", "rich", "azure")),
        ("shared.jobs.rotate_keys", ("mcp", "mcp_types", "openai", "redis")),
        ("shared.asgi_bridge", ("mcp", "psycopg", "openai", "azure.identity", "azure.keyvault", "pydantic")),
        (
            "shared.mcp_server",
            ("openai", "redis", "applicationinsights", "azure.identity", "azure.keyvault", "azure.functions", "local"),
        ),
    ],
)
def test_importing_loads_no_more_than_it_must(module: str, forbidden: tuple[str, ...]) -> None:
    script = f"import sys, {module}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert not [name for name in loaded for prefix in forbidden if name == prefix or name.startswith(f"{prefix}.")]


def test_the_host_need_not_wait_for_the_server_to_be_imported() -> None:
    script = """if True:
        import sys, time, function_app
        def imported(): return hasattr(sys.modules.get("shared.mcp_server"), "build_app")
        at_first, deadline = imported(), time.monotonic() + 30
        while not imported() and time.monotonic() < deadline: time.sleep(0.01)
        print(at_first, imported())
    """
    printed = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert printed.stdout.split() == ["False", "True"]


def test_the_host_reads_routes_without_a_prefix_and_keeps_requests_and_exceptions() -> None:
    host = json.loads((REPOSITORY / "host.json").read_text())
    assert host["extensions"]["http"]["routePrefix"] == ""
    assert host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"] == "Request;Exception"
    assert "extensionBundle" not in host


def test_nothing_local_is_deployed() -> None:
    ignored = (REPOSITORY / ".funcignore").read_text().split()
    for name in ("local/", "tests/", ".local/", ".venv/", "local.settings.json", "requirements-local.txt", "dev.py"):
        assert name in ignored
    assert not {"sql/", "shared/", "host.json", "function_app.py", "requirements.txt"} & set(ignored)


def test_every_requirement_is_pinned() -> None:
    for path in REPOSITORY.glob("requirements*.txt"):
        for line in path.read_text().splitlines():
            requirement = line.split("#")[0].strip()
            assert not requirement or requirement.startswith("-r ") or "==" in requirement, requirement
