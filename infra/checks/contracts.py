"""What modules are given is what they ask for, and what is taken of them is what they give."""

import re
from collections.abc import Mapping

from tree_sitter import Node

from infra.checks.bicep_file import BicepFile, ModuleUse
from infra.checks.syntax import children, literal, properties, text, walk

KINDS = {"string": "string", "number": "int", "object": "object", "array": "array", "boolean": "bool"}
"""Of a node: the type that it has for certain."""
CALLS = {"split": "array", "concat": "array", "union": "object", "string": "string", "empty": "bool"}


def check_contracts(file: BicepFile, targets: Mapping[str, BicepFile]) -> None:
    """Adds to the file's findings. targets: the files that it uses, by the path that it writes."""
    for name, use in file.modules.items():
        target = targets.get(use.target)
        if target is None:
            file.find(use.node, "modules", f"{use.target} is not there")
            continue
        _check_use(file, name, use, target)
    for node in walk(file.root):
        if node.type == "member_expression":
            _check_output(file, node, targets)


def _check_use(file: BicepFile, name: str, use: ModuleUse, target: BicepFile) -> None:
    said = properties(use.body)
    for key in said.keys() - {"name", "scope", "params", "dependsOn"}:
        file.find(use.node, "modules", f"module {name} has no property {key}")
    if target.scope != file.scope and "scope" not in said:
        file.find(use.node, "modules", f"module {name} is for a {target.scope} and says no scope")
    given = properties(said.get("params"))
    for key, value in given.items():
        if (parameter := target.parameters.get(key)) is None:
            file.find(value, "modules", f"module {name} has no parameter {key}")
            continue
        if (kind := _kind(file, value)) and kind != parameter.type:
            file.find(value, "modules", f"module {name}: {key} is {parameter.type}, not {kind}")
        allowed = next((each for each in parameter.decorators if each.startswith("allowed(")), None)
        chosen = literal(value)
        if allowed and isinstance(chosen, str) and f"'{chosen}'" not in allowed:
            file.find(value, "modules", f"module {name}: {key} cannot be {chosen!r}")
        _check_bounds(file, value, key, parameter.decorators)
    for key, parameter in target.parameters.items():
        if parameter.needed and key not in given:
            file.find(use.node, "modules", f"module {name} is not given {key}")


def _check_bounds(file: BicepFile, value: Node, key: str, decorators: tuple[str, ...]) -> None:
    numbers = [literal(each) for each in (children(value)[1:] if value.type == "ternary_expression" else [value])]
    for decorator in decorators:
        if not (bound := re.fullmatch(r"(min|max)Value\((\d+)\)", decorator)):
            continue
        for number in numbers:
            beyond = isinstance(number, int) and (
                number < int(bound[2]) if bound[1] == "min" else number > int(bound[2])
            )
            if beyond:
                file.find(value, "modules", f"{key} {number} is beyond {decorator}")


def _check_output(file: BicepFile, node: Node, targets: Mapping[str, BicepFile]) -> None:
    """Of `module.outputs.name`."""
    inner, name = children(node)[0], text(children(node)[-1])
    if inner.type != "member_expression":
        if inner.type == "identifier" and text(inner) in file.modules and name not in ("outputs", "name"):
            file.find(node, "modules", f"module {text(inner)} has no {name}")
        return
    owner, middle = text(children(inner)[0]), text(children(inner)[-1])
    use = file.modules.get(owner)
    if use is None or middle != "outputs" or (target := targets.get(use.target)) is None:
        return
    if name not in target.outputs:
        file.find(node, "modules", f"module {owner} gives no {name}")


def _kind(file: BicepFile, value: Node) -> str | None:
    """The type of a value, where it is certain."""
    if value.type == "identifier" and text(value) in file.parameters:
        return file.parameters[text(value)].type
    if value.type == "identifier" and text(value) in file.variables:
        return _kind(file, file.variables[text(value)])
    if value.type == "call_expression":
        return CALLS.get(text(children(value)[0]))
    if isinstance(literal(value), bool):
        return "bool"
    return KINDS.get(value.type)
