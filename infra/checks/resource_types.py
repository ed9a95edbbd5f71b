"""Resources have the properties that Azure's own types have, where the data of these types are at hand."""

import difflib
import gzip
import json
from pathlib import Path
from typing import Any

from tree_sitter import Node

from infra.checks.bicep_file import BicepFile
from infra.checks.syntax import children, literal, properties, text

REQUIRED, READ_ONLY = 1, 2
LITERALS = {"s": str, "i": int, "b": bool}
NAMES = {"s": "a string", "i": "a number", "b": "true or false"}
AROUND = {"parent", "scope", "dependsOn"}
"""Properties of Bicep, not of the resource."""


class ResourceTypes:
    """data: a gzipped JSON {resources: {name@version: {t}}, types: [{k, …}]}; k is s, i, b, sl (one literal),
    l (list of i), u (one of e), o (object with p: name → [flags, type], a for any other name), d (o told by disc)."""

    def __init__(self, data: Path) -> None:
        with gzip.open(data) as opened:
            document = json.load(opened)
        self._types: list[dict[str, Any]] = document["types"]
        self._resources: dict[str, int] = {name.lower(): each["t"] for name, each in document["resources"].items()}

    def lacks(self, resource_type: str) -> bool:
        return resource_type.lower() not in self._resources

    def check(self, file: BicepFile) -> None:
        """Adds to the file's findings. Types that the data lack are left out."""
        for resource in file.resources.values():
            known = self._resources.get(resource.type.lower())
            if known is not None and resource.body is not None and not resource.existing:
                self._check(file, resource.body, known, resource.type.partition("@")[0], top=True)

    def _check(self, file: BicepFile, node: Node, number: int, path: str, *, top: bool = False) -> None:
        kind = self._types[number]
        if node.type == "identifier" and text(node) in file.variables:
            node = file.variables[text(node)]
        if node.type == "ternary_expression":
            for part in children(node)[1:]:
                self._check(file, part, number, path)
            return
        match kind["k"]:
            case "o" | "d" if node.type == "object":
                self._object(file, node, kind, path, top=top)
            case "l" if node.type == "array":
                for part in children(node):
                    self._check(file, part, kind["i"], f"{path}[]")
            case "u":
                self._one_of(file, node, [self._types[each] for each in kind["e"]], path)
            case "s" | "i" | "b" as wanted:
                value = literal(node)
                if value is not None and type(value) is not LITERALS[wanted]:
                    file.find(node, "types", f"{path} is {NAMES[wanted]}")

    def _one_of(self, file: BicepFile, node: Node, kinds: list[dict[str, Any]], path: str) -> None:
        allowed = [each["v"] for each in kinds if each["k"] == "sl"]
        value = literal(node)
        if value is not None and allowed and value not in allowed:  # also of those that Azure may add to
            file.find(node, "types", f"{path} {value!r} is none of {allowed}")

    def _object(self, file: BicepFile, node: Node, kind: dict[str, Any], path: str, *, top: bool) -> None:
        known, said = dict(kind.get("p", {})), properties(node)
        if kind["k"] == "d":
            chosen = kind["e"].get(literal(said.get(kind["disc"])))
            if chosen is None:
                return
            known |= self._types[chosen]["p"]
        for name, value in said.items():
            if "${" in name or (top and name in AROUND):
                continue
            if name not in known:
                if "a" in kind:
                    self._check(file, value, kind["a"], f"{path}.{name}")
                else:
                    close = difflib.get_close_matches(name, known, 1)
                    file.find(value, "types", f"{path} has no {name}" + (f", but {close[0]}" if close else ""))
                continue
            flags, number = known[name]
            if flags & READ_ONLY:
                file.find(value, "types", f"{path}.{name} is for reading")
            elif not (top and name == "name"):
                self._check(file, value, number, f"{path}.{name}")
        needed = {name for name, (flags, _) in known.items() if flags & REQUIRED and not flags & READ_ONLY}
        if not any(each.type == "spread_expression" for each in node.named_children):
            for name in sorted(needed - said.keys()):
                file.find(node, "types", f"{path} needs {name}")
