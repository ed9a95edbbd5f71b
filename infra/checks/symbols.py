"""Names that are used are declared, and names that are declared are used."""

from tree_sitter import Node

from infra.checks.bicep_file import BicepFile
from infra.checks.syntax import children, text, walk

FUNCTIONS = frozenset(
    (
        *("any", "base64", "bool", "concat", "contains", "deployment", "empty", "endsWith", "environment", "first"),
        *("flatten", "format", "guid", "indexOf", "int", "intersection", "items", "join", "json", "last", "length"),
        *("loadJsonContent", "loadTextContent", "max", "min", "padLeft", "range", "replace", "resourceGroup"),
        *("resourceId", "skip", "split", "startsWith", "string", "subscription", "subscriptionResourceId"),
        *("substring", "take", "tenant", "toLower", "toUpper", "trim", "union", "uniqueString", "uri", "utcNow"),
    )
)
SECRETS_OF_RESOURCES = ("listKeys", "listSecrets", "listAccountSas", "listServiceSas", "getSecret", "listCredentials")


def check_symbols(file: BicepFile) -> None:
    """Adds to the file's findings."""
    used: set[str] = set()
    for node in children(file.root):
        if node.type not in ("decorators", "target_scope_assignment"):
            _visit(file, node, frozenset(), used)
    for name in (file.parameters.keys() | file.variables.keys()) - used:
        file.find(file.root, "unused", f"{name} is not used")
    for name, value in file.outputs.items():
        if any(call in text(value) for call in SECRETS_OF_RESOURCES):
            file.find(value, "secrets", f"output {name} tells a secret to everybody who reads deployments")
    for name, parameter in file.parameters.items():
        if "secure()" in parameter.decorators and not parameter.needed:
            file.find(parameter.node, "secrets", f"parameter {name} has a default, which everybody can read")


def _visit(file: BicepFile, node: Node, local: frozenset[str], used: set[str]) -> None:
    parts = children(node)
    match node.type:
        case "identifier":
            _name(file, node, local, used)
        case "object_property":
            if parts[0].type == "string":
                _visit(file, parts[0], local, used)  # it may be made of names
            for part in parts[1:]:
                _visit(file, part, local, used)
        case "call_expression":
            if parts[0].type == "identifier" and text(parts[0]) not in FUNCTIONS:
                file.find(node, "symbols", f"there is no function {text(parts[0])}()")
            for part in parts[parts[0].type == "identifier" :]:
                _visit(file, part, local, used)
        case "for_statement":
            names = {text(each) for each in walk(parts[0]) if each.type in ("loop_variable", "loop_enumerator")}
            names = names or {text(parts[0])}
            for part in parts[1:]:
                _visit(file, part, local | names, used)
        case "type":
            pass
        case other:
            declared = other.endswith("_declaration")
            for part in parts[declared:]:
                _visit(file, part, local, used)


def _name(file: BicepFile, node: Node, local: frozenset[str], used: set[str]) -> None:
    name = text(node)
    if name in file.symbols():
        used.add(name)
    elif name not in local and name not in ("true", "false", "null"):
        file.find(node, "symbols", f"{name} is not declared")
