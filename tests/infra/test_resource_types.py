"""Resources are held against types of Azure: here a type of four properties, in the form that its data have."""

import gzip
import json
from pathlib import Path

import pytest

from infra.checks.bicep_file import read
from infra.checks.resource_types import ResourceTypes

TYPES = [
    {"k": "o", "p": {"name": [1, 1], "location": [1, 1], "id": [2, 1], "properties": [0, 2]}},
    {"k": "s"},
    {"k": "o", "p": {"size": [1, 3], "mode": [0, 4], "rules": [0, 5]}},
    {"k": "i"},
    {"k": "u", "e": [6, 7]},
    {"k": "l", "i": 8},
    {"k": "sl", "v": "On"},
    {"k": "sl", "v": "Off"},
    {"k": "o", "p": {}, "a": 1},
]
GOOD = """param prod bool
resource thing 'Zava.Things/things@2026-01-01' = {
  name: 'thing'
  location: 'here'
  properties: {
    size: 1
    mode: prod ? 'On' : 'Off'
    rules: [ { any: 'x' } ]
  }
}
"""


@pytest.fixture
def types(tmp_path: Path) -> ResourceTypes:
    document = {"resources": {"Zava.Things/things@2026-01-01": {"t": 0}}, "types": TYPES}
    (tmp_path / "types.json.gz").write_bytes(gzip.compress(json.dumps(document).encode()))
    return ResourceTypes(tmp_path / "types.json.gz")


def findings(types: ResourceTypes, folder: Path, source: str) -> list[str]:
    path = folder / "main.bicep"
    path.write_text(source)
    file = read(path, path.name)
    types.check(file)
    return [f"{finding.line}: {finding.text}" for finding in file.findings]


def test_what_fits_is_not_told(types: ResourceTypes, tmp_path: Path) -> None:
    assert findings(types, tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("    size: 1\n", "", "5: Zava.Things/things.properties needs size"),
        ("size: 1", "size: '1'", "6: Zava.Things/things.properties.size is a number"),
        ("mode:", "mood:", "7: Zava.Things/things.properties has no mood, but mode"),
        ("'Off'", "'off'", "7: Zava.Things/things.properties.mode 'off' is none of ['On', 'Off']"),
        ("prod ? 'On' : 'Off'", "true", "7: Zava.Things/things.properties.mode True is none of ['On', 'Off']"),
        ("any: 'x'", "any: 3", "8: Zava.Things/things.properties.rules[].any is a string"),
        ("  location: 'here'\n", "  location: 'here'\n  id: 'x'\n", "5: Zava.Things/things.id is for reading"),
        ("  location: 'here'\n", "", "2: Zava.Things/things needs location"),
    ],
)
def test_what_does_not_fit_is_told(types: ResourceTypes, tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in GOOD
    assert findings(types, tmp_path, GOOD.replace(right, wrong)) == [told]


def test_a_type_that_is_not_known_is_left_out(types: ResourceTypes, tmp_path: Path) -> None:
    source = GOOD.replace("@2026-01-01", "@2026-02-01").replace("size", "sizes")
    assert findings(types, tmp_path, source) == []
    assert types.lacks("Zava.Things/things@2026-02-01")
