"""What a definition names as starting points → the modules that it means."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Sequence
from functools import lru_cache

from lampas.core.modules.nametable import NameTable
from lampas.core.modules.tree import clean_root
from lampas.core.modules.values import Module
from lampas.errors import Unresolved

_MODULE = re.compile(r"\w+(?:\.\w+)*(?:\.\*)?")


class UnknownLink(Unresolved):
    """A starting point that is in none of the repositories in scope."""

    def __init__(self, link: str, file: str, known: Sequence[str], what: str = "link") -> None:
        near = difflib.get_close_matches(link, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "check its spelling, `root`, and the commit"
        super().__init__(f"{file}: the {what} {link!r} leads to nothing in the repository", hint)
        self.link = link


def expand(link: str, modules: Sequence[Module], table: NameTable, root: str) -> list[Module]:
    """The modules that a link means: a dotted name, `pkg.*`, a path, or a pattern over paths.

    Args:
        link: As the definition gives it. Patterns: `*` within one directory, `**` over any number of them.
        modules: All modules in scope.
        table: Their names.
        root: The definition's root; patterns count from the top of the tree and from here.

    Returns:
        What it means, sorted; empty where it means nothing.
    """
    if _MODULE.fullmatch(link):
        if link.endswith(".*"):
            return table.below(link[:-2])
        if (module := table.module(link)) is not None:
            return [module]
        if table.is_namespace(link):
            return table.below(link)
    matches = _pattern(link)
    prefix = clean_root(root)
    found = [
        module
        for module in modules
        if matches.fullmatch(module.path)
        or (prefix and module.path.startswith(prefix) and matches.fullmatch(module.path[len(prefix) :]))
    ]
    return [module for module in found if not is_litter(module.path)]


def named_by(command: str, modules: Sequence[Module], table: NameTable, root: str) -> list[Module]:
    """The modules that a command's words name: programs, scripts, modules after `-m`, directories.

    Args:
        command: The command; words that name nothing are its own affair.
        modules: The modules of the application's own repository.
        table: The names in scope.
        root: Where the command starts.
    """
    by_path = {module.path: module for module in modules}
    found: dict[str, Module] = {}
    for word in shlex.split(command):
        name = word.removeprefix("./").rstrip("/")
        named = [*filter(None, (table.module(name), table.module(f"{name}.__main__")))]
        found |= {module.path: module for module in named}
        # A package's name is no directory: what it needs is followed from the package.
        for path in () if named else dict.fromkeys((clean_root(root) + name, name)):
            below = f"{path}/"
            found |= {each: module for each, module in by_path.items() if each == path or each.startswith(below)}
    return [found[path] for path in sorted(found) if not is_litter(path)]


def is_litter(path: str) -> bool:
    """Whether a file is never part of an application: what git and Python themselves leave beside the code."""
    file = path.rpartition("/")[2]
    return file in (".gitignore", ".gitattributes", ".gitmodules", ".DS_Store") or path.endswith((".pyc", ".pyo"))


@lru_cache(maxsize=1024)
def _pattern(link: str) -> re.Pattern[str]:
    """A glob over paths as a regular expression without nested repetition, so it cannot run away."""
    link = link.removesuffix("/") + "/**" if link.endswith("/") else link
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", link)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts))
