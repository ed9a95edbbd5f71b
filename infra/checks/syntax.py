"""Bicep's text in, its syntax tree out, and what its nodes say."""

from collections.abc import Iterator

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))

type Literal = str | int | bool | None


def parse(source: bytes) -> Node:
    """The tree, also where the text is wrong: nodes then say so (see `mistakes`)."""
    return _PARSER.parse(source).root_node


def text(node: Node) -> str:
    return (node.text or b"").decode()


def line(node: Node) -> int:
    return node.start_point.row + 1


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def children(node: Node) -> list[Node]:
    """Named ones, comments aside."""
    return [child for child in node.named_children if child.type != "comment"]


def mistakes(root: Node) -> Iterator[tuple[Node, str]]:
    """Where the text is not Bicep."""
    for node in walk(root):
        if node.is_missing:
            yield node, f"missing {node.type}"
        elif node.type == "ERROR":
            yield node, f"unexpected {text(node)[:40]!r}"


def literal(node: Node | None) -> Literal:
    """The value of a literal, None for any other expression."""
    if node is None:
        return None
    if node.type == "string":
        if any(child.type == "interpolation" for child in node.children):
            return None
        return "".join(text(child) for child in node.named_children)
    if node.type == "number":
        return int(text(node))
    return {"true": True, "false": False}.get(text(node))


def properties(node: Node | None) -> dict[str, Node]:
    """Of an object, the value of each property."""
    if node is None or node.type != "object":
        return {}
    pairs = [children(each) for each in node.named_children if each.type == "object_property"]
    return {_name(pair[0]): pair[1] for pair in pairs if len(pair) == 2}


def _name(key: Node) -> str:
    found = literal(key) if key.type == "string" else text(key)
    return found if isinstance(found, str) else text(key)


def body(declaration: Node) -> Node | None:
    """The object of a resource or module, whether it stands alone, under a condition or in a loop."""
    last = children(declaration)[-1]
    while last.type in ("if_statement", "for_statement"):
        last = children(last)[-1]
    return last if last.type == "object" else None
