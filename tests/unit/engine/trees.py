"""Trees of files as values, for units: no git, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from lampas.core.closure.adjacency import Ids
from lampas.core.closure.scope import Scope
from lampas.core.history.values import TreeEntry
from lampas.core.modules.analysers.choice import analyser_of
from lampas.core.modules.tree import guess_roots, modules
from lampas.core.modules.values import Facts
from lampas.core.names import Oid, RepositoryName


def split(text: str) -> dict[str, dict[str, str]]:
    """Reads a tree.txt: repository ("" is the application's own) → path → content."""
    found: dict[str, dict[str, str]] = {"": {}}
    content: list[str] = []
    place = ("", "")
    for line in [*text.splitlines(keepends=True), "=== \n"]:
        if line.startswith("=== "):
            if place[1]:
                found.setdefault(place[0], {})[place[1]] = "".join(content)
            name, _, path = line[4:].strip().rpartition(" ")
            place, content = (name.removeprefix("@"), path), []
        else:
            content.append(line)
    return found


def oid(data: bytes) -> Oid:
    """The git blob id of some content."""
    return Oid(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())


def entries(files: Mapping[str, str]) -> dict[str, TreeEntry]:
    """The files as git lists them."""
    return {
        path: TreeEntry(path, oid(text.encode()), 0o100644, len(text.encode())) for path, text in sorted(files.items())
    }


def scope(name: str, files: Mapping[str, str], root: str | None = None) -> Scope:
    """A repository in scope."""
    tree = entries(files)
    start = guess_roots(tree)[0] if root is None else root
    found = modules(RepositoryName(name), tree, (start,))
    return Scope(RepositoryName(name), start, found, {path: entry.mode for path, entry in tree.items()})


def facts(scopes: list[Scope], files: Mapping[str, Mapping[str, str]]) -> dict[Oid, Facts]:
    """What the analysers read in all files."""
    found: dict[Oid, Facts] = {}
    for one in scopes:
        for module in one.modules:
            if (analyser := analyser_of(module)) is not None:
                source = files[one.repository][module.path].encode()
                read = analyser.analyse(source, module.path.rpartition("/")[2])
                found[module.oid] = found[module.oid] | read if module.oid in found else read
    return found


def ids(nodes: list[int]) -> Ids:
    """Nodes of a graph as its arrays have them."""
    return np.array(nodes, dtype=np.int32)
