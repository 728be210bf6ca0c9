"""The names that a Python module has once it is loaded, as far as its source tells; and where its syntax is bad."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from lampas.core.modules.analysers.python.nodes import line_of, text_of
from lampas.core.modules.analysers.python.parsing import parsed

LARGEST = 100 << 10  # bytes of a source that is read for this: the parser never ends on what nests 65,536 deep
_DEEPEST = 40  # blocks within blocks
# What can give a module names that no statement at its top shows.
_HIDDEN = re.compile(rb"\b(?:globals|vars|locals|exec|setattr|__dict__|__getattr__|sys\.modules)\b")
_BLOCKS = ("if_statement", "elif_clause", "else_clause", "try_statement", "except_clause", "except_group_clause",
           "finally_clause", "with_statement", "for_statement", "while_statement", "block", "match_statement",
           "case_clause")  # fmt: skip


def names_of(source: bytes) -> frozenset[str] | None:
    """The names at the top of a module; None where it may have others that its source does not show.

    Args:
        source: Its bytes, whatever they are.
    """
    if len(source) > LARGEST or b"\0" in source or _HIDDEN.search(source):
        return None
    root = parsed(source).root_node
    if root.has_error:
        return None
    found: set[str] = {"__name__", "__file__", "__doc__", "__path__", "__package__", "__spec__", "__loader__"}
    for name in _at_top(root):
        if name == "*":
            return None
        found.add(name)
    return frozenset(found)


def bad_line(source: bytes) -> int:
    """The first line whose syntax is bad, from 1; 0 where all of it can be read, or it is too large to say."""
    if len(source) > LARGEST or b"\0" in source:
        return 0
    node = parsed(source).root_node
    if not node.has_error:
        return 0
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        if inner.is_error or inner.is_missing:
            return line_of(inner)
        node = inner
    return line_of(node)


def _at_top(root: Node) -> Iterator[str]:
    waiting = [(child, 0) for child in root.named_children]
    while waiting:
        node, depth = waiting.pop()
        kind = node.type
        if kind == "decorated_definition":
            definition = node.child_by_field_name("definition")
            waiting += [(definition, depth)] if definition is not None else []
        elif kind in ("function_definition", "class_definition", "type_alias_statement"):
            yield from _first(node.child_by_field_name("name") or node.child_by_field_name("left"))
            yield from _declared_global(node)
        elif kind in ("import_statement", "import_from_statement", "future_import_statement"):
            yield from _imported(node)
        elif kind in _BLOCKS:
            yield from _bound(node)
            if depth < _DEEPEST:
                waiting += [(child, depth + 1) for child in node.named_children]
            else:
                yield "*"
        else:
            yield from _assigned(node)


def _first(node: Node | None) -> Iterator[str]:
    if node is not None:
        name = text_of(node)
        yield name if name.isidentifier() else "*"


def _imported(node: Node) -> Iterator[str]:
    for child in node.children_by_field_name("name"):
        if child.type == "aliased_import":
            yield from _first(child.child_by_field_name("alias"))
        else:
            name = text_of(child)
            yield name.partition(".")[0] if node.type == "import_statement" else name
    if any(child.type == "wildcard_import" for child in node.children):
        yield "*"


def _bound(node: Node) -> Iterator[str]:
    """Targets of `for`, `with … as`, `except … as`; of `match`, anything."""
    if node.type == "match_statement":
        yield "*"
    elif node.type == "for_statement":
        yield from _targets(node.child_by_field_name("left"))
    elif node.type in ("with_statement", "except_clause", "except_group_clause", "if_statement", "while_statement"):
        yield from _assigned(node, blocks=False)


def _assigned(node: Node, *, blocks: bool = True) -> Iterator[str]:
    """What an expression or statement binds, not what is bound inside functions of it."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if inner.type in ("assignment", "augmented_assignment"):
            yield from _targets(inner.child_by_field_name("left"))
        elif inner.type == "named_expression":
            yield from _first(inner.child_by_field_name("name"))
        elif inner.type == "as_pattern_target":
            yield from _targets(inner)
        if inner.type not in ("lambda", "function_definition", "class_definition"):
            waiting += [child for child in inner.named_children if blocks or child.type not in _BLOCKS]


def _targets(node: Node | None) -> Iterator[str]:
    waiting = [node] if node is not None else []
    while waiting:
        inner = waiting.pop()
        if inner.type == "identifier":
            yield text_of(inner)
        elif inner.type not in ("attribute", "subscript"):
            waiting += inner.named_children


def _declared_global(node: Node) -> Iterator[str]:
    """Names that a function declares global: it may bind them at the top."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if inner.type == "global_statement":
            yield from (text_of(child) for child in inner.named_children)
        waiting += inner.named_children
