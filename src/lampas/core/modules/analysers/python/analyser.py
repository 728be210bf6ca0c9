"""The Python analyser: the bytes of one revision → its imports."""

from __future__ import annotations

import codecs
import re

from tree_sitter import Node, Query, QueryCursor

from lampas.core.modules.analysers.python.conditions import condition
from lampas.core.modules.analysers.python.filenames import file_names
from lampas.core.modules.analysers.python.nodes import assigned, dotted, line_of, literal, text_of
from lampas.core.modules.analysers.python.parsing import LANGUAGE, parsed
from lampas.core.modules.analysers.python.skeleton import skeleton
from lampas.core.modules.analysers.python.texts import texts_of
from lampas.core.modules.analysers.python.vocabulary import CALLS, KEYWORDS
from lampas.core.modules.values import Facts, Import, Text, When

NAME = "python"
VERSION = 4
WHOLE = 32 << 10  # bytes up to which a source is parsed as it stands
LARGEST = 8 << 20  # bytes above which a source is not read
MOST_PARSED = 2 << 20  # bytes that are given to the parser
MOST = 20_000  # imports kept of one source

MOST_TEXTS = 2000  # texts kept of one source

_LOADERS = ("import_module", "__import__")
_QUERY = Query(
    LANGUAGE,
    f"""
    (import_statement) @import
    (import_from_statement) @from
    (call function: [(identifier) @_name (attribute attribute: (identifier) @_name)]
      (#any-of? @_name {" ".join(f'"{name}"' for name in (*_LOADERS, *CALLS))})) @call
    (assignment left: (identifier) @_left (#match? @_left "^[A-Z][A-Z0-9_]*$")) @setting
    (augmented_assignment left: (identifier) @_left (#match? @_left "^[A-Z][A-Z0-9_]*$")) @setting
    (keyword_argument name: (identifier) @_key
      (#any-of? @_key {" ".join(f'"{name}"' for name in KEYWORDS)})) @keyword
    """,
)


# A computed name under the module's own package: f"{__package__}.x", "." + x, __name__ + ".x"
_OWN = re.compile(rb"f?[\"']\{?(?:__package__|__name__)\b|f?[\"']\.|(?:__package__|__name__)\s*\+")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def analyse(source: bytes, file: str = "") -> Facts:  # noqa: ARG001 (all Python reads the same)
    """Reads the imports of one Python source.

    It never executes and never fails: what cannot be read becomes a problem of the facts.

    Args:
        source: The file's bytes, whatever they are.
        file: The last part of its path.

    Returns:
        Imports in order of their lines, problems, strings that look like names of files or modules, and texts for the
        rules of frameworks.
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
    root = parsed(text).root_node
    if root.has_error:
        problems.append("syntax error: what could be read was read")
    imports: list[Import] = []
    texts: list[Text] = []
    captured = QueryCursor(_QUERY).captures(root)
    for kind, read in (("import", _plain), ("from", _from)):
        for node in captured.get(kind, ())[: MOST + 1]:
            imports += read(node)
    for node in captured.get("call", ())[: MOST + 1]:
        imports += _call(node, imports)
    for kind in ("setting", "keyword", "call"):
        for node in captured.get(kind, ())[: MOST + 1]:
            if len(texts) <= MOST_TEXTS:
                texts += texts_of(kind, node)
    imports.sort(key=lambda found: (found.line, found.module, found.names))
    texts.sort(key=lambda found: (found.line, found.context, found.text))
    if len(imports) > MOST:
        problems.append(f"only the first {MOST:,} imports were read")
    return Facts(tuple(imports[:MOST]), tuple(problems), files, tuple(dict.fromkeys(texts))[:MOST_TEXTS])


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


def _bare(node: Node) -> str:
    return dotted(node.child_by_field_name("name") if node.type == "aliased_import" else node)


def _plain(node: Node) -> list[Import]:
    when = condition(node)
    names = (_bare(name) for name in node.children_by_field_name("name"))
    return [Import(name, (), 0, line_of(node), when) for name in names if name]


def _from(node: Node) -> list[Import]:
    origin = node.child_by_field_name("module_name")
    level, module = 0, ""
    if origin is not None and origin.type == "relative_import":
        for part in origin.named_children:
            if part.type == "import_prefix":
                level = text_of(part).count(".")
            elif part.type == "dotted_name":
                module = dotted(part)
    else:
        module = dotted(origin)
    names = tuple(name for name in map(_bare, node.children_by_field_name("name")) if name)
    if any(child.type == "wildcard_import" for child in node.children):
        names = ("*",)
    if not (module or level) or not names:
        return []
    return [Import(module, names, level, line_of(node), condition(node))]


def _call(node: Node, known: list[Import]) -> list[Import]:
    """What a call loads: a literal name, the modules under a known front, or those that it lists."""
    arguments = node.child_by_field_name("arguments")
    function = node.child_by_field_name("function")
    called = text_of(function.child_by_field_name("attribute") or function) if function is not None else ""
    if arguments is None or not arguments.named_children:
        return []
    first, when = assigned(arguments.named_children[0]), condition(node)
    if called in ("iter_modules", "walk_packages"):
        names = ("*",) if called == "iter_modules" else ("**",)
        package, level = _package_of_path(text_of(first), known)
        return [Import(package, names, level, line_of(node), when, "computed")] if package or level else []
    if called not in _LOADERS:
        return []
    words, whole = literal(first)
    module = words.lstrip(".")
    level = len(words) - len(module) or _level(arguments)
    if not whole:
        return _under(words, first, level, line_of(node), when)
    if level and words != module:
        second = arguments.named_children[1] if len(arguments.named_children) > 1 else None
        second = second.child_by_field_name("value") if second and second.type == "keyword_argument" else second
        anchor = literal(second)[0].split(".") if second is not None else []
        if anchor != [""] and anchor:
            base = anchor[: len(anchor) - level + 1]
            module, level = ".".join([*base, module]), 0
        elif text_of(second) not in ("__package__", "__name__"):
            return []
    if not all(part.isidentifier() for part in module.split(".")):
        return []
    return [Import(module, (), level, line_of(node), when, "string")]


def _level(arguments: Node) -> int:
    """The `level` that `__import__` is given."""
    for one in arguments.named_children:
        if one.type == "keyword_argument" and text_of(one.child_by_field_name("name")) == "level":
            value = text_of(one.child_by_field_name("value"))
            return int(value) if value.isdecimal() and len(value) == 1 else 0
    return 0


def _under(front: str, node: Node, level: int, line: int, when: When) -> list[Import]:
    """The modules that a computed name may mean: those under the package of its front that begin as it does."""
    package, _, begun = front.lstrip(".").rpartition(".")
    if level or _OWN.match((node.text or b"")[:100]):
        level = level or 1
    elif not package:
        return []
    if not all(part.isidentifier() for part in package.split(".") if package) or not (begun or "x").isidentifier():
        return []
    return [Import(package, (f"{begun}*",), level, line, when, "computed")]


def _package_of_path(argument: str, known: list[Import]) -> tuple[str, int]:
    """The package whose `__path__` is listed: (name, level)."""
    if argument.startswith(("__path__", "[os.path.dirname(__file__)", "[str(Path(__file__).parent)")):
        return "", 1
    name = argument.removesuffix(".__path__")
    if name == argument or not all(part.isidentifier() for part in name.split(".")):
        return "", 0
    for found in known:
        if name in found.names:
            return f"{found.module}.{name}".lstrip("."), found.level
    return name, 0
