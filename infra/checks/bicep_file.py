"""One .bicep file: what it declares, under which name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tree_sitter import Node

from infra.checks.finding import Finding
from infra.checks.syntax import body, children, line, literal, mistakes, parse, text


@dataclass(frozen=True)
class Parameter:
    node: Node
    type: str
    needed: bool
    decorators: tuple[str, ...]


@dataclass(frozen=True)
class Resource:
    """type: with its API version behind an @."""

    node: Node
    type: str
    existing: bool
    body: Node | None


@dataclass(frozen=True)
class ModuleUse:
    """target: path of the file, from the one that uses it."""

    node: Node
    target: str
    body: Node | None


@dataclass
class BicepFile:
    """The declarations of a file. path: as findings show it."""

    path: str
    root: Node
    scope: str = "resourceGroup"
    parameters: dict[str, Parameter] = field(default_factory=dict)
    variables: dict[str, Node] = field(default_factory=dict)
    """Their values."""
    resources: dict[str, Resource] = field(default_factory=dict)
    modules: dict[str, ModuleUse] = field(default_factory=dict)
    outputs: dict[str, Node] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def find(self, node: Node, rule: str, what: str) -> None:
        self.findings.append(Finding(self.path, line(node), rule, what))

    def symbols(self) -> set[str]:
        return {*self.parameters, *self.variables, *self.resources, *self.modules}


def read(path: Path, shown: str) -> BicepFile:
    """The file, with what is wrong in its syntax and with names that are declared twice."""
    file = BicepFile(shown, parse(path.read_bytes()))
    for node, what in mistakes(file.root):
        file.find(node, "syntax", what)
    for node, decorators in _declarations(file.root):
        _declare(file, node, decorators)
    return file


def _declarations(root: Node) -> Iterator[tuple[Node, tuple[str, ...]]]:
    decorators: tuple[str, ...] = ()
    for node in children(root):
        if node.type == "decorators":
            decorators = tuple(text(each).removeprefix("@") for each in node.named_children)
        else:
            yield node, decorators
            decorators = ()


def _declare(file: BicepFile, node: Node, decorators: tuple[str, ...]) -> None:
    parts = children(node)
    if node.type == "target_scope_assignment":
        file.scope = str(literal(parts[-1]))
        return
    if len(parts) < 2:
        return  # the syntax is wrong, which is found already
    name = text(parts[0])
    if name in file.symbols() and node.type != "output_declaration":
        file.find(node, "symbols", f"{name} is declared twice")
    match node.type:
        case "parameter_declaration":
            file.parameters[name] = Parameter(node, text(parts[1]), len(parts) == 2, decorators)
        case "variable_declaration":
            file.variables[name] = parts[-1]
        case "resource_declaration":
            existing = any(child.type == "existing" for child in node.children)
            file.resources[name] = Resource(node, str(literal(parts[1])), existing, body(node))
        case "module_declaration":
            file.modules[name] = ModuleUse(node, str(literal(parts[1])), body(node))
        case "output_declaration":
            file.outputs[name] = parts[-1]
        case "ERROR":
            pass
        case other:
            file.find(node, "style", f"{other} is not among what these checks read")
