"""One list of settings: what the code reads, the docs explain, and each place where it runs sets."""

import ast
import dataclasses
import re
from functools import cache
from pathlib import Path

import pytest

from local.parts import application_settings
from local.state import StateFolder
from shared.production import AZURE_MARKS
from shared.settings import Settings
from tests.conftest import REPOSITORY

SOURCES = [REPOSITORY / "function_app.py", *sorted((REPOSITORY / "shared").rglob("*.py"))]
PLATFORM = {*AZURE_MARKS, "IDENTITY_HEADER", "_ARGCOMPLETE"}
"""Set by Azure, the last one by a shell that completes a command."""
NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
SCHEDULES = set(re.findall(r"%(\w+)%", (REPOSITORY / "function_app.py").read_text()))
BY_HAND = {"OWNER_DATABASE_URL"}
"""For an operator's command; no process that serves has it."""
FIELDS = {field.name.upper() for field in dataclasses.fields(Settings)}
NEEDED = {
    field.name.upper() for field in dataclasses.fields(Settings) if field.default is dataclasses.MISSING
} | SCHEDULES


def names_read(source: str) -> set[str]:
    """Names that `environ` is asked for, and settings that it is read for under a variable's name."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=value), args=[ast.Constant(value=str(name)), *_]):
                # environ.get("X"), self._environ.get("X"), and reader.text("X") in settings.py
                if ast.unparse(value).endswith(("environ", "reader")) and NAME.fullmatch(name):
                    found.add(name)
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if ast.unparse(value).endswith(
                "environ"
            ):
                found.add(name)
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[right]):
                if ast.unparse(right).endswith("environ"):
                    found.add(name)
    return found


@cache
def read_by_the_code() -> set[str]:
    return set().union(*(names_read(path.read_text()) for path in SOURCES)) | FIELDS | SCHEDULES


def documented() -> dict[str, bool]:
    """Each setting of the table, and whether it says that it is needed."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", (REPOSITORY / "docs/operations.md").read_text(), re.MULTILINE)
    return {name: needed == "yes" for name, needed in rows}


def set_on_a_laptop() -> set[str]:
    urls = dict.fromkeys(FIELDS, "postgresql://x")
    return set(application_settings(StateFolder(Path("unused")), urls, {"mcp": 1, "issuer": 2, "embedder": 3}))


def test_names_are_found_however_they_are_read() -> None:
    source = 'environ.get("A_B"); os.environ["C_D"]; "E_F" in environ; reader.text("G_H"); names.get("I_J"); "K_L" in x'
    assert names_read(source) == {"A_B", "C_D", "E_F", "G_H"}


def test_every_setting_that_is_read_is_a_field_or_known() -> None:
    assert read_by_the_code() - PLATFORM == FIELDS | SCHEDULES | BY_HAND


def test_the_docs_have_what_the_code_reads() -> None:
    assert set(documented()) == read_by_the_code() - PLATFORM
    assert {name for name, needed in documented().items() if needed} == NEEDED


def test_a_laptop_sets_what_is_needed_and_nothing_else() -> None:
    assert set_on_a_laptop() >= NEEDED
    assert set_on_a_laptop() <= read_by_the_code() - PLATFORM


def problems_of_bicep(text: str) -> set[str]:
    """Settings that infra/bicep lacks, and those that it sets and nobody reads. Their names are upper-case."""
    code = re.sub(r"//[^\n]*", "", text)
    found = set(re.findall(r"(?:^|[{\s'])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'?\s*:", code))
    found |= set(re.findall(r"name:\s*'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'", code))
    azure = {"FUNCTIONS_", "WEBSITE_", "APPLICATIONINSIGHTS_", "SCM_", "OVERRIDE_", "PYTHON_", "OTEL_", "AZURE_"}
    others = {name for name in found if name.startswith(tuple(azure))} - read_by_the_code()
    on_azure = (NEEDED | {"KEY_VAULT_URL", "AZURE_CLIENT_ID", "KEYS_DATABASE_URL"}) - {"SECRETS_FILE"}
    return (on_azure - found) | (found - others - read_by_the_code()) | (found & {"SECRETS_FILE"})


@pytest.mark.parametrize("style", ["{name}: 'x'", "  '{name}': x", "{{\n  name: '{name}'\n  value: 'x'\n}}"])
def test_what_bicep_lacks_or_has_too_much_is_found(style: str) -> None:
    good = NEEDED | {"KEY_VAULT_URL", "AZURE_CLIENT_ID", "KEYS_DATABASE_URL", "FUNCTIONS_EXTENSION_VERSION"}

    def bicep(names: set[str]) -> str:
        return "\n".join(style.format(name=name) for name in sorted(names))

    assert problems_of_bicep(bicep(good)) == set()
    assert problems_of_bicep(bicep(good - {"MCP_SERVER_URL"})) == {"MCP_SERVER_URL"}
    assert problems_of_bicep(bicep(good | {"NOBODY_READS", "SECRETS_FILE"})) == {"NOBODY_READS", "SECRETS_FILE"}


def test_bicep_sets_what_is_needed_and_nothing_that_nobody_reads() -> None:
    """As soon as there is any."""
    text = "\n".join(path.read_text() for path in sorted((REPOSITORY / "infra/bicep").rglob("*.bicep")))
    assert not text or problems_of_bicep(text) == set()
