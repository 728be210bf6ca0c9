"""Nodes of the syntax tree as text."""

from __future__ import annotations

from tree_sitter import Node

_LONGEST = 1000  # bytes of a dotted name


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
