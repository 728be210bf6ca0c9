"""The template analyser: tags of Django, Jinja and Mako alike, since a file does not say whose it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lampas.core.modules.analysers.decoding import Lines, decoded
from lampas.core.modules.values import Facts, Text

NAME = "templates"
VERSION = 1
LARGEST = 4 << 20  # bytes read of one template
MOST = 5000  # references kept of one template

# What is searched between the marks is bounded, so that a mark that never closes costs its bound and no more.
_TAG = re.compile(
    r"\{%[-+]?\s*(?P<tag>extends|include|import|from|load|static|url|includeblock|embed|get_static_prefix)\b"
    r"(?P<rest>[^%{}]{0,2000})%\}"
    r"|<%(?P<mako>include|inherit|namespace|page)\b(?P<attributes>[^<>]{0,2000})>"
    r"|\{\{(?P<expression>[^{}]{0,2000})\}\}"
)
_STRING = re.compile(r"\"([^\"\n]{1,300})\"|'([^'\n]{1,300})'")
_FIRST = re.compile(r"\s*(?:\[\s*|\(\s*)?(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')(\s*[~+|]|\s*%)?")
_LIBRARY = re.compile(r"[A-Za-z_]\w{0,100}(?:\.\w{1,100}){0,8}")
_FILE = re.compile(r"\bfile\s*=\s*(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')")
_MODULE = re.compile(r"\bmodule\s*=\s*(?:\"([\w.]{1,300})\"|'([\w.]{1,300})')")
_STATIC = re.compile(
    r"\bstatic\s*\(\s*(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')"
    r"|\burl_for\s*\(\s*[\"'](?:[\w.]{1,100}\.)?static[\"'].{0,40}?\bfilename\s*=\s*(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')"
)


def analyse(source: bytes, file: str = "") -> Facts:  # noqa: ARG001 (the syntax is told by the marks)
    """Reads the references of one template.

    Args:
        source: The file's bytes, whatever they are.
        file: The last part of its path.

    Returns:
        Texts in order: `extends`, `include`, `import` for other templates, `load` for tag libraries, `static` for
        static files, `url` for names of addresses, which lead to no file, and `module` for Python that Mako imports.
        A name that is computed has `computed`, and the text that is known of it.
    """
    text, problems = decoded(source, LARGEST)
    lines, found = Lines(text), []
    for match in _TAG.finditer(text):
        line = lines.at(match.start())
        found += [Text(name, line, context, computed) for name, context, computed in _references(match)]
        if len(found) >= MOST:
            problems = (*problems, f"only the first {MOST:,} references were read")
            break
    return Facts(problems=problems, texts=tuple(found[:MOST]))


def _references(match: re.Match[str]) -> Iterator[tuple[str, str, bool]]:
    if (tag := match["tag"]) is not None:
        yield from _tag(tag, match["rest"])
    elif match["mako"] is not None:
        for pattern, context in ((_FILE, "module" if match["mako"] == "page" else "include"), (_MODULE, "module")):
            for named in pattern.finditer(match["attributes"]):
                name = named[1] or named[2]
                yield name.partition("${")[0], context, "${" in name
    else:
        for named in _STATIC.finditer(match["expression"]):
            yield next(part for part in named.groups() if part), "static", False


def _tag(tag: str, rest: str) -> Iterator[tuple[str, str, bool]]:
    if tag == "load":
        yield from ((name, "load", False) for name in _libraries(rest))
        return
    context = {"from": "import", "includeblock": "include", "embed": "extends"}.get(tag, tag)
    first = _FIRST.match(rest)
    if first is None:
        yield "", context, True
        return
    yield first[1] or first[2], context, bool(first[3])
    if rest.lstrip().startswith(("[", "(")):  # Jinja takes a list: the first that exists
        rest = rest[first.end() :].partition("]")[0]
        yield from ((name[1] or name[2], context, False) for name in _STRING.finditer(rest))


def _libraries(rest: str) -> list[str]:
    """`{% load a b %}`, or `{% load tag from a %}`."""
    names = _LIBRARY.findall(rest)
    return names[names.index("from") + 1 :][:1] if "from" in names else names
