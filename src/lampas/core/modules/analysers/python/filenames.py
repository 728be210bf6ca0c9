"""Strings of a Python source that look like the names of files or modules: what `open` and loaders may be given."""

from __future__ import annotations

import re

from lampas.core.modules.values import FileName

MOST = 2000  # strings kept of one source
_STRING = re.compile(
    rb"""["'](/?(?:[\w.-]{1,64}/){0,8}[\w.-]{1,100}\.[A-Za-z_][A-Za-z0-9_]{0,63}(?::[\w.]{1,64})?)["']"""
)


def file_names(text: bytes) -> tuple[FileName, ...]:
    """The strings with an ending such as `.sql` or `.models`, each once, with the line of its first appearance. Linear.

    Args:
        text: UTF-8 text. Comments and docstrings count as well: whether the file exists decides.
    """
    found: dict[str, int] = {}
    line, position = 1, 0
    for match in _STRING.finditer(text):
        name = match[1].decode(errors="replace")
        if name in found:
            continue
        line += text.count(b"\n", position, match.start())
        position = match.start()
        found[name] = line
        if len(found) == MOST:
            break
    return tuple(FileName(name, at) for name, at in found.items())
