"""A tree's files as modules: which file is what, and by which name it is imported."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence

from lampas.core.history.values import TreeEntry
from lampas.core.modules.values import Kind, Module
from lampas.core.names import RepositoryName

_EXTENSION = re.compile(r"(\w+)(?:\.cpython-311-[\w-]+|\.abi3)?\.so")
_STATIC = frozenset("css js mjs map png jpg jpeg gif svg ico webp avif woff woff2 ttf eot otf mp3 mp4 webm".split())  # noqa: SIM905
_TEMPLATE = frozenset("html htm jinja jinja2 j2 mako djhtml xhtml".split())  # noqa: SIM905
_LINK = 0o120000


def modules(
    repository: RepositoryName, tree: Mapping[str, TreeEntry], roots: Sequence[str] = ("",)
) -> tuple[Module, ...]:
    """All files of a commit as modules, sorted by path. Symbolic links are left out.

    Args:
        repository: Where they stand.
        tree: The files by path.
        roots: Directories where module names start; the longest one that holds a file counts.
    """
    ordered = sorted({clean_root(root) for root in roots} | {""}, key=len, reverse=True)
    found = []
    for path, entry in tree.items():
        if entry.mode & 0o170000 == _LINK:
            continue
        root = next(root for root in ordered if path.startswith(root))
        kind, name = describe(path, path[len(root) :])
        found.append(Module(repository, path, name, kind, entry.oid))
    return tuple(sorted(found, key=lambda module: module.path))


def clean_root(root: str) -> str:
    """A root as a prefix of paths: "" or with a slash at its end."""
    return root.strip("/") + "/" if root.strip("/") else ""


def guess_roots(paths: Iterable[str]) -> tuple[str, ...]:
    """Where module names start in a tree that nobody described: its top, and `src` unless it is a package itself."""
    known = set(paths)
    under = any(path.startswith("src/") and path.endswith(".py") for path in known)
    return ("src", "") if under and "src/__init__.py" not in known else ("",)


def describe(path: str, inside: str) -> tuple[Kind, str]:
    """The kind and name of one file.

    Args:
        path: The path in the repository.
        inside: The path under its root.
    """
    folder, _, file = inside.rpartition("/")
    packages = folder.split("/") if folder else []
    if file.endswith(".py"):
        parts = [*packages] if file == "__init__.py" else [*packages, file[:-3]]
        if parts and all(map(_importable, parts)):
            return (Kind.PACKAGE if file == "__init__.py" else Kind.MODULE), ".".join(parts)
        return Kind.SCRIPT, path
    if compiled := _EXTENSION.fullmatch(file):
        parts = [*packages, compiled[1]]
        if all(map(_importable, parts)):
            return Kind.EXTENSION, ".".join(parts)
    ending = file.rpartition(".")[2].lower()
    if ending in _TEMPLATE or "templates" in packages:
        return Kind.TEMPLATE, path
    return (Kind.STATIC if ending in _STATIC or "static" in packages else Kind.DATA), path


def _importable(part: str) -> bool:
    # `import_module` takes any name; a statement takes identifiers that are no keywords. Django's migrations
    # (`0001_initial`) are found by listing a directory, so names that begin with digits count as well.
    return re.fullmatch(r"\w+", part) is not None and not keyword.iskeyword(part)
