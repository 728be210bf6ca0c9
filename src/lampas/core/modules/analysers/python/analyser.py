"""The Python analyser: the bytes of one revision → its imports."""

from __future__ import annotations

import codecs
import re

import tree_sitter_python
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from lampas.core.modules.analysers.python.conditions import condition
from lampas.core.modules.analysers.python.filenames import file_names
from lampas.core.modules.analysers.python.skeleton import skeleton
from lampas.core.modules.values import Facts, Import

NAME = "python"
VERSION = 2
WHOLE = 32 << 10  # bytes up to which a source is parsed as it stands
LARGEST = 8 << 20  # bytes above which a source is not read
MOST_PARSED = 2 << 20  # bytes that are given to the parser
_LONGEST = 1000  # bytes of a dotted name
MOST = 20_000  # imports kept of one source

_LANGUAGE = Language(tree_sitter_python.language())
_PARSER = Parser(_LANGUAGE)
_QUERY = Query(
    _LANGUAGE,
    """
    (import_statement) @import
    (import_from_statement) @from
    (call function: [(identifier) @_name (attribute attribute: (identifier) @_name)]
      (#any-of? @_name "import_module" "__import__")) @call
    """,
)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def analyse(source: bytes) -> Facts:
    """Reads the imports of one Python source.

    It never executes and never fails: what cannot be read becomes a problem of the facts.

    Args:
        source: The file's bytes, whatever they are.

    Returns:
        Imports in order of their lines, problems, and strings that look like names of files.
    """
    if len(source) > LARGEST:
        return Facts(problems=(f"not read: {len(source):,} bytes are more than {LARGEST:,}",))
    if b"\0" in source:
        return Facts(problems=("not read: it holds NUL bytes, so it is no Python source",))
    text, problems = _utf8(source)
    files = file_names(text)
    if len(text) > WHOLE:
        text = skeleton(text)
    if len(text) > MOST_PARSED:
        text = text[:MOST_PARSED]
        problems.append(f"only its first part was read: what may hold imports is more than {MOST_PARSED:,} bytes")
    root = _PARSER.parse(text).root_node
    if root.has_error:
        problems.append("syntax error: what could be read was read")
    imports: list[Import] = []
    for kind, nodes in QueryCursor(_QUERY).captures(root).items():
        for node in nodes[: MOST + 1]:
            imports += _READERS[kind](node) if kind in _READERS else []
    imports.sort(key=lambda found: (found.line, found.module, found.names))
    if len(imports) > MOST:
        problems.append(f"only the first {MOST:,} imports were read")
    return Facts(tuple(imports[:MOST]), tuple(problems), files)


def _utf8(source: bytes) -> tuple[bytes, list[str]]:
    """The source as UTF-8 by its own encoding cookie, with what was wrong about it."""
    if source.startswith(codecs.BOM_UTF8):
        return source[3:], []
    for line in source.split(b"\n", 2)[:2]:
        if found := _COOKIE.match(line):
            encoding = found[1].decode("ascii", "replace")
            if encoding.lower().replace("_", "-").startswith("utf-8"):
                break
            try:
                # A codec such as `zlib` or `rot13` is no encoding of text: decode refuses it with LookupError.
                return source.decode(encoding).encode(errors="replace"), []
            except (LookupError, ValueError):
                return source, [f"cannot be decoded as {encoding}"]
    try:
        source.decode()
    except UnicodeDecodeError:
        return source, ["cannot be decoded as UTF-8"]
    return source, []


def _text(node: Node | None) -> str:
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def _dotted(node: Node | None) -> str:
    """A dotted name without the spaces and comments that Python allows between its parts."""
    if node is None or node.end_byte - node.start_byte > _LONGEST:
        return ""
    return ".".join(_text(part) for part in node.named_children if part.type == "identifier")


def _bare(node: Node) -> str:
    return _dotted(node.child_by_field_name("name") if node.type == "aliased_import" else node)


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _plain(node: Node) -> list[Import]:
    when = condition(node)
    names = (_bare(name) for name in node.children_by_field_name("name"))
    return [Import(name, (), 0, _line(node), when) for name in names if name]


def _from(node: Node) -> list[Import]:
    origin = node.child_by_field_name("module_name")
    level, module = 0, ""
    if origin is not None and origin.type == "relative_import":
        for part in origin.named_children:
            if part.type == "import_prefix":
                level = _text(part).count(".")
            elif part.type == "dotted_name":
                module = _dotted(part)
    else:
        module = _dotted(origin)
    names = tuple(name for name in map(_bare, node.children_by_field_name("name")) if name)
    if any(child.type == "wildcard_import" for child in node.children):
        names = ("*",)
    if not (module or level) or not names:
        return []
    return [Import(module, names, level, _line(node), condition(node))]


def _call(node: Node) -> list[Import]:
    arguments = node.child_by_field_name("arguments")
    if arguments is None or not arguments.named_children:
        return []
    literal = _literal(arguments.named_children[0])
    module = literal.lstrip(".")
    level = len(literal) - len(module)
    if level:
        package = arguments.named_children[1] if len(arguments.named_children) > 1 else None
        package = package.child_by_field_name("value") if package and package.type == "keyword_argument" else package
        anchor = _literal(package).split(".") if package is not None else []
        if anchor != [""] and anchor:
            base = anchor[: len(anchor) - level + 1]
            module, level = ".".join([*base, module]), 0
        elif _text(package) not in ("__package__", "__name__"):
            return []
    if not all(part.isidentifier() for part in module.split(".")):
        return []
    return [Import(module, (), level, _line(node), condition(node), "string")]


def _literal(node: Node) -> str:
    """The text of a plain string; "" for everything else."""
    if node.type != "string" or any(part.type == "interpolation" for part in node.named_children):
        return ""
    return "".join(_text(part) for part in node.named_children if part.type == "string_content")


_READERS = {"import": _plain, "from": _from, "call": _call}
