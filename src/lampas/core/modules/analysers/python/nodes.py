"""Nodes of the syntax tree as text."""

from __future__ import annotations

from tree_sitter import Node

_LONGEST = 1000  # bytes of a dotted name
_HIGHEST = 50  # blocks looked through
_MOST = 50  # statements looked at in each


def text_of(node: Node | None) -> str:
    """The source of a node."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def dotted(node: Node | None) -> str:
    """A dotted name without the spaces and comments that Python allows between its parts."""
    if node is None or node.end_byte - node.start_byte > _LONGEST:
        return ""
    return ".".join(text_of(part) for part in node.named_children if part.type == "identifier")


def line_of(node: Node) -> int:
    """The line where a node begins, from 1."""
    return node.start_point[0] + 1


def literal(node: Node) -> tuple[str, bool]:
    """The text of a string, and whether that is all of it; ("", False) for everything else.

    Of an f-string, of a sum and of a `%` or `format` the constant front is given.
    """
    if node.type == "string":
        front: list[str] = []
        for part in node.named_children:
            if part.type == "interpolation":
                return "".join(front), False
            if part.type == "string_content":
                front.append(text_of(part))
        return "".join(front), True
    if node.type == "concatenated_string":
        parts = [literal(part) for part in node.named_children[:50] if part.type == "string"]
        whole = all(done for _, done in parts)
        return ("".join(words for words, _ in parts), True) if whole else (parts[0][0], False)
    if node.type == "binary_operator" and (left := node.child_by_field_name("left")) is not None:
        front_of, whole = literal(left) if left.type in ("string", "concatenated_string") else ("", False)
        return front_of.partition("%")[0] if whole else front_of, False
    if node.type == "call" and (function := node.child_by_field_name("function")) is not None:
        string = function.child_by_field_name("object")
        if string is not None and string.type == "string" and text_of(function).endswith(".format"):
            return literal(string)[0].partition("{")[0], False
    return "", False


def assigned(node: Node) -> Node:
    """What a variable was given last above its use, in the same block or one around it; any other node is itself."""
    if node.type != "identifier":
        return node
    child, parent = node, node.parent
    for _ in range(_HIGHEST):
        if parent is None:
            break
        if parent.type in ("block", "module"):
            for statement in _above(child):
                inner = statement.named_children[0] if statement.type == "expression_statement" else statement
                if inner.type == "assignment" and text_of(inner.child_by_field_name("left")) == text_of(node):
                    return inner.child_by_field_name("right") or node
        child, parent = parent, parent.parent
    return node


def _above(child: Node) -> list[Node]:
    """The statements of a block above one of them, the nearest first."""
    found: list[Node] = []
    before = child.prev_named_sibling
    while before is not None and len(found) < _MOST:
        if before.named_child_count:
            found.append(before)
        before = before.prev_named_sibling
    return found
