"""What an expression can be, as far as a file says it."""

from dataclasses import dataclass

from tree_sitter import Node

from infra.checks.bicep_file import BicepFile
from infra.checks.syntax import Literal, children, literal, properties, text


@dataclass(frozen=True)
class Either:
    """Of a condition: one or the other."""

    first: "Value"
    second: "Value"


@dataclass(frozen=True)
class Unknown:
    """An expression that is not evaluated."""

    text: str


type Value = Literal | Either | Unknown | list["Value"] | dict[str, "Value"]


def value_of(file: BicepFile, node: Node) -> Value:
    """Literals, objects and arrays with all that is in them; variables are followed, unions merged."""
    if (found := literal(node)) is not None:
        return found
    parts = children(node)
    match node.type:
        case "object":
            return {name: value_of(file, value) for name, value in properties(node).items()}
        case "array":
            return [value_of(file, part) for part in parts]
        case "ternary_expression":
            return Either(value_of(file, parts[1]), value_of(file, parts[2]))
        case "identifier" if text(node) in file.variables:
            return value_of(file, file.variables[text(node)])
        case "call_expression" if text(parts[0]) in ("union", "concat"):
            return _merged([value_of(file, each) for each in children(parts[1])], node)
    return Unknown(text(node))


def _merged(values: list[Value], node: Node) -> Value:
    """Objects become one, and so do arrays; what is not known of them is left out."""
    objects = [each for each in values if isinstance(each, dict)]
    if objects:
        return {name: value for each in objects for name, value in each.items()}
    arrays = [each for each in values if isinstance(each, list)]
    return [value for each in arrays for value in each] if arrays else Unknown(text(node))


def at(value: Value, path: str) -> Value:
    """What lies at `a.b.c`, None where nothing does."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def can_be(value: Value, wanted: Literal) -> bool:
    """Whether it is that, or is that in one of the profiles."""
    if isinstance(value, Either):
        return can_be(value.first, wanted) or can_be(value.second, wanted)
    return type(value) is type(wanted) and value == wanted
