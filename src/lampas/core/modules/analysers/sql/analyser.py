"""The SQL analyser: files that a file includes, and migrations that it names as coming before it."""

from __future__ import annotations

import re

from lampas.core.modules.analysers.decoding import Lines, decoded
from lampas.core.modules.values import Facts, Text

NAME = "sql"
VERSION = 1
LARGEST = 8 << 20  # bytes read of one file: a dump names nothing after its head
MOST = 1000

_LINE = re.compile(
    r"^[ \t]*(?:"
    r"(?:\\ir?|\\include(?:_relative)?|@@?|source|\\\.)[ \t]+(?P<include>[^\s;]{1,300})"
    r"|(?:--|\#)[ \t]*(?:depends(?:[ _-]on)?|requires|dependencies)[ \t]*:[ \t]*(?P<depends>[^\n]{1,1000})"
    r")",
    re.MULTILINE | re.IGNORECASE,
)
_NAME = re.compile(r"[\w.-]{1,200}")


def analyse(source: bytes, file: str = "") -> Facts:  # noqa: ARG001
    r"""Reads what one SQL file names.

    Args:
        source: The file's bytes, whatever they are.
        file: The last part of its path.

    Returns:
        Texts: `beside` for `\i`, `source` and `@`; `before` for names in a comment `-- depends: …`.
    """
    text, problems = decoded(source, LARGEST)
    lines, found = Lines(text), []
    for match in _LINE.finditer(text):
        line = lines.at(match.start())
        if match["include"] is not None:
            found.append(Text(match["include"].strip("'\""), line, "beside"))
        else:
            found += [Text(name, line, "before") for name in _NAME.findall(match["depends"])]
        if len(found) >= MOST:
            problems = (*problems, f"only the first {MOST:,} references were read")
            break
    return Facts(problems=problems, texts=tuple(found[:MOST]))
