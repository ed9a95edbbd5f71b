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


MOST_MODULES = {"function_app": 300, "shared.mcp_server": 940, "shared.jobs.rotate_keys": 450}
"""What importing one may load, Python's own with it: some more than today."""


def loaded_by(module: str) -> set[str]:
    """The modules that importing this one loads, in a process of their own."""
    script = f"import sys; before = set(sys.modules); import {module}; print('\\n'.join(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


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
        (
            "function_app",
            (
                "mcp",
                "mcp_types",
                "psycopg",
                "openai",
                "azure.identity",
                "azure.keyvault",
                "pydantic",
                "applicationinsights",
            ),
        ),
        ("shared.asgi_bridge", ("mcp", "psycopg", "openai", "azure.identity", "azure.keyvault", "pydantic")),
        (
            "shared.mcp_server",
            ("openai", "redis", "applicationinsights", "azure.identity", "azure.keyvault", "azure.functions", "local"),
        ),
    ],
)
def test_importing_loads_no_more_than_it_must(module: str, forbidden: tuple[str, ...]) -> None:
    loaded = loaded_by(module)
    assert not [name for name in loaded for prefix in forbidden if name == prefix or name.startswith(f"{prefix}.")]


@pytest.mark.parametrize(("module", "most"), MOST_MODULES.items())
def test_importing_stays_within_its_budget(module: str, most: int) -> None:
    """A cold instance imports while somebody waits. Who raises a budget says why in the message of the commit."""
    assert len(loaded_by(module)) <= most


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
