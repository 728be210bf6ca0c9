"""Strings with the place that they are given to: settings, calls and arguments that rules of frameworks ask for."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from lampas.core.modules.analysers.python.nodes import line_of, literal, text_of
from lampas.core.modules.analysers.python.vocabulary import BARE, SETTING
from lampas.core.modules.values import Text

_MOST = 1000  # strings of one place
_LONGEST = 300  # characters of one string
_NODES = 20_000  # nodes looked at in one value


def texts_of(kind: str, node: Node) -> list[Text]:
    """The texts of one place.

    Args:
        kind: "setting" for an assignment, "keyword" for an argument, "call" for a call.
        node: It.
    """
    if kind == "call":
        return _call(node)
    if kind == "setting":
        name = node.child_by_field_name("left")
        if name is None or SETTING.fullmatch(name.text or b"") is None:
            return []
        return list(_strings(node.child_by_field_name("right"), text_of(name)))
    return list(_strings(node.child_by_field_name("value"), f"{text_of(node.child_by_field_name('name'))}="))


def _call(node: Node) -> list[Text]:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return []
    name = text_of(function.child_by_field_name("attribute") or function)
    context = f"{name}()"
    given = [one for one in arguments.named_children[:6] if one.type not in ("comment", "keyword_argument")]
    if name == "setdefault":  # os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        words = [literal(one) for one in given[:2]]
        if len(words) == 2 and words[0][1] and words[0][0].isupper() and words[1][0]:
            return [Text(words[1][0], line_of(node), words[0][0], not words[1][1])]
        return []
    found = [text for one in given[:3] for text in _strings(one, context)]
    bare = name in BARE and len(given) == len(arguments.named_children)  # `group=` is a text of its own
    return found or ([Text("", line_of(node), context)] if bare else [])


def _strings(value: Node | None, context: str) -> Iterator[Text]:
    """All strings of a value, in lists, tuples, sums and tables; of a table's entry with its key."""
    stack = [(value, context)] if value is not None else []
    looked = found = 0
    while stack and looked < _NODES and found < _MOST:
        node, place = stack.pop()
        looked += 1
        if node.type in ("string", "concatenated_string"):
            words, whole = literal(node)
            if words and len(words) <= _LONGEST and "\n" not in words:
                found += 1
                yield Text(words, line_of(node), place, not whole)
        elif node.type == "pair":
            key, inner = node.child_by_field_name("key"), node.child_by_field_name("value")
            words = literal(key)[0] if key is not None else ""
            if inner is not None:
                stack.append((inner, f"{context.partition('.')[0]}.{words}" if words.isidentifier() else place))
        elif node.type not in ("lambda", "comparison_operator"):
            stack += [(child, place) for child in reversed(node.named_children) if child.type != "comment"]
