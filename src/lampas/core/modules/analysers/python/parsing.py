"""tree-sitter's parser of Python, one for each thread."""

from __future__ import annotations

import threading

import tree_sitter_python
from tree_sitter import Language, Parser, Tree

LANGUAGE = Language(tree_sitter_python.language())


class _Parsers(threading.local):
    """A parser for each thread: one must not be used by two at once."""

    def __init__(self) -> None:
        self.parser = Parser(LANGUAGE)


_PARSERS = _Parsers()


def parsed(source: bytes) -> Tree:
    """The syntax tree of some source. It takes quadratic time on deep nesting: bound what is given to it."""
    return _PARSERS.parser.parse(source)
