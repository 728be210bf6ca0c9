"""Under which condition a statement runs: always, when somebody calls it, where something is present, or never."""

from __future__ import annotations

import re

from tree_sitter import Node

from lampas.core.modules.values import When

_CATCHES = re.compile(rb"\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b")
_TYPING = re.compile(rb"(?:\w+\.)?TYPE_CHECKING")
_PLATFORM = re.compile(
    rb"\b(?:sys\.platform|sys\.version_info|version_info|os\.name|platform\.(?:system|machine|python_implementation)"
    rb"|sys\.implementation|_?PY_?\d+\w*|IS_?(?:WINDOWS|PY\w*|PYPY)|WINDOWS|WIN32|PYPY|HAS_\w+|\w+_AVAILABLE)\b"
)
_HIGHEST = 200  # blocks looked through; deeper code does not compile


def condition(node: Node) -> When:
    """The condition of a statement, from the blocks around it.

    Args:
        node: The statement.
    """
    found = When.ALWAYS
    child, parent = node, node.parent
    for _ in range(_HIGHEST):
        if parent is None:
            break
        if parent.type == "if_statement":
            tested = _tested(parent, child)
            if tested is When.TYPING:
                return When.TYPING
            if tested is When.OPTIONAL:
                found = When.OPTIONAL
        elif parent.type == "try_statement" and _forgiven(parent, child):
            found = When.OPTIONAL
        elif parent.type == "function_definition" and found is When.ALWAYS:
            found = When.DEFERRED
        child, parent = parent, parent.parent
    return found


def _tested(statement: Node, branch: Node) -> When:
    test = statement.child_by_field_name("condition")
    if branch == test or test is None:
        return When.ALWAYS
    words = (test.text or b"")[:500]
    if _TYPING.fullmatch(words) and branch == statement.child_by_field_name("consequence"):
        return When.TYPING
    return When.OPTIONAL if _PLATFORM.search(words) else When.ALWAYS


def _forgiven(statement: Node, branch: Node) -> bool:
    """Whether an ImportError in this branch is caught, or the branch itself is what runs after one."""
    handlers = [child for child in statement.children if child.type in ("except_clause", "except_group_clause")]
    catching = [handler for handler in handlers if _catches(handler)]
    if branch == statement.child_by_field_name("body"):
        return bool(catching)
    return branch in catching


def _catches(handler: Node) -> bool:
    head = [child for child in handler.named_children if child.type not in ("block", "comment")]
    return not head or any(_CATCHES.search((part.text or b"")[:500]) for part in head)
