"""Large Python sources cut down to what can hold an import, line numbers kept.

The parser takes quadratic time, or never ends, on expressions nested tens of thousands deep. Such depth takes a
long statement, and a long statement that is no import is of no interest: it becomes `pass`. One linear pass.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(rb"\"\"\"|'''|\"|'|\#[^\n]*|\\\r?\n|[\(\[\{]|[\)\]\}]|\n|;")
_END = {
    quote: re.compile(rb"\\.|" + stop, re.DOTALL)
    for quote, stop in ((b'"""', b'"""'), (b"'''", b"'''"), (b'"', b'"|\n'), (b"'", b"'|\n"))
}
_KEPT = re.compile(
    rb"[ \t\f]*(?:import|from|try|except|finally|else|elif|if|def|class|with|for|while|async|match|case)\b"
)
_TOLD = re.compile(
    rb"import_module|__import__|autodiscover|entry_points|_folder\s*=|include\(|_packages|iter_modules|version\(|resource_|get_data"
    rb"|^[ \t]*[A-Z][A-Z0-9_]*\s*\+?=\s*[\[({\"'A-Z]"
)
_IMPORT = re.compile(
    rb"[ \t\f]*(?:import|from)\b[\w\s.,*\\]+(?:\([^()\[\]{}]*\)\s*)?(?:#[^\n]*)?"
)  # flat, however long
_ENDLESS = re.compile(rb"[\w.]{1001}")  # a name that nobody wrote
_BLOCK = re.compile(rb"([ \t\f]*)(if|elif|while|for|with|async|match|case|def|class|except)\b")
_LONGEST = 4096  # bytes of one statement that are given to the parser
_LIST = 128 << 10  # bytes of one import, which is a flat list
_OPEN, _CLOSE = (b"(", b"[", b"{"), (b")", b"]", b"}")


def skeleton(source: bytes) -> bytes:
    """The source with everything replaced by `pass` that is neither an import, nor a block's head, nor short.

    Args:
        source: UTF-8 text of a Python module.

    Returns:
        Text with the same line numbers, in which no statement is longer than a few thousand bytes.
    """
    parts: list[bytes] = []
    start = depth = position = 0
    while token := _TOKEN.search(source, position):
        position = token.end()
        mark = token[0]
        if mark in _END:
            position = _string_end(source, position, mark)
        elif mark in _OPEN:
            depth += 1
        elif mark in _CLOSE:
            depth = max(0, depth - 1)
        elif mark in (b"\n", b";") and depth == 0:
            parts.append(_reduced(source[start : token.start()]) + mark)
            start = position
    parts.append(_reduced(source[start:]))
    return b"".join(parts)


def _string_end(source: bytes, position: int, quote: bytes) -> int:
    """Where a string that opened before `position` is over; a short one ends before its line's end at the latest."""
    while found := _END[quote].search(source, position):
        if found[0] == quote:
            return found.end()
        if found[0] == b"\n":
            return found.start()
        position = found.end()
    return len(source)


def _reduced(statement: bytes) -> bytes:
    # An import is one of what is kept, so that most statements cost two looks and no more.
    if _KEPT.match(statement) or _TOLD.search(statement, 0, _LONGEST):
        if len(statement) <= _LONGEST and not _ENDLESS.search(statement):
            return statement
        if len(statement) <= _LIST and _IMPORT.fullmatch(statement) and not _ENDLESS.search(statement):
            return statement
    lines = b"\n" * statement.count(b"\n")
    words = statement.lstrip(b" \t\f")
    indent = statement[: len(statement) - len(words)]
    if not indent and not _BLOCK.match(statement):
        return lines  # at the top of the module nothing needs a `pass`
    if not words.strip() or words.lstrip().startswith(b"#"):
        return lines  # a comment may stand at any indentation, `pass` may not
    if block := _BLOCK.match(statement):
        return block[1] + b"if x:" + lines
    return indent + b"pass" + lines
