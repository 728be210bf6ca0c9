"""Inspects what a push brought, before anything of it is stored: core's rules over the packs on disk.

Sizes come from the packs' own headers, so nothing large is ever expanded; only trees, commits, tags and the targets of
symbolic links are read, each of them bounded first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from lampas.core.history import trees
from lampas.core.history.trees import Limits, Refused, Summary

_META = 8 << 20  # bytes of one commit or tag
_MOST = 5_000_000  # objects of one push
_REMEMBERED = 200_000  # trees

_KIND = {
    int(ObjectType.COMMIT): "commit",
    int(ObjectType.TREE): "tree",
    int(ObjectType.BLOB): "blob",
    int(ObjectType.TAG): "tag",
}


class Remembered(MutableMapping[str, Summary]):
    """Summaries of the trees that were inspected last. A tree's id names its content, so they hold for ever."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._rows: OrderedDict[str, Summary] = OrderedDict()

    def __getitem__(self, oid: str) -> Summary:
        return self._rows[oid]

    def __setitem__(self, oid: str, summary: Summary) -> None:
        self._rows[oid] = summary
        while len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def __delitem__(self, oid: str) -> None:
        del self._rows[oid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


REMEMBERED = Remembered()


class OnDisk:
    """core's `Objects` over the new objects and those that the repository has already.

    Args:
        new: The directory of the new objects.
        stored: The repository's own directory of objects.
    """

    def __init__(self, new: Path, stored: Path) -> None:
        self.new = pygit2.Odb(str(new))
        self._all = pygit2.Odb(str(new))
        self._all.add_disk_alternate(str(stored))
        self._sizes: dict[str, int] = {}

    def size(self, oid: str) -> int:
        """The size of an object, without expanding it."""
        known = self._sizes.get(oid)
        if known is None:
            known = self._sizes[oid] = self.header(oid)[1]
        return known

    def header(self, oid: str) -> tuple[str, int]:
        """Kind ("commit", "tree", "blob", "tag") and size of an object.

        Raises:
            Refused: It is missing or damaged.
        """
        try:
            kind, size = self._all.read_header(oid)
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise Refused(f"object {oid[:12]} is missing", "run git fsck in your repository") from error
        return _KIND.get(int(kind), "unknown"), int(size)

    def content(self, oid: str) -> bytes:
        """The bytes of an object.

        Raises:
            Refused: It is missing or damaged.
        """
        try:
            return bytes(self._all.read(oid)[1])
        except (KeyError, ValueError, pygit2.GitError) as error:
            raise Refused(f"object {oid[:12]} is missing or damaged", "run git fsck in your repository") from error


def inspect(new: Path, stored: Path, limits: Limits | None = None) -> None:
    """Inspects every object in a directory of objects.

    Args:
        new: The directory: a push's quarantine, or what the writer made.
        stored: The repository's directory of objects.
        limits: The bounds; left out: the usual ones.

    Raises:
        Refused: One of them breaks a rule.
    """
    limits = limits or Limits()
    objects = OnDisk(new, stored)
    roots: list[str] = []
    rest: list[str] = []
    for count, found in enumerate(objects.new):
        if count >= _MOST:
            raise Refused(f"the push has more than {_MOST:,} objects", "push the history in parts")
        oid = str(found)
        kind, size = objects.header(oid)
        if kind == "commit":
            roots.append(_root(oid, size, objects))
        elif kind == "tree":
            rest.append(oid)
        elif kind == "blob" and size > limits.blob:
            raise Refused(
                f"a file of {size >> 20} MiB is more than the {limits.blob >> 20} MiB of one file (blob {oid[:12]})",
                "keep such data outside the repository",
            )
        elif kind == "tag" and size > _META:
            raise Refused(f"tag {oid[:12]} is too large")
    trees.inspect(objects, roots, REMEMBERED, limits)
    inspection = trees.Inspection(objects, REMEMBERED, limits)
    for oid in rest:  # trees that no commit of this push names: they are stored as well
        inspection.tree(oid)


def targets(new: Path | None, stored: Path, wanted: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Refs that may not point where they would: a branch to anything but a commit, a tag to no commit in the end.

    Args:
        new: The directory of the new objects, if there are any.
        stored: The repository's own.
        wanted: Full name of the ref and new object id.

    Returns:
        The reason by name, for those.
    """
    objects = OnDisk(new or stored, stored)
    wrong: dict[str, str] = {}
    for name, target in wanted:
        oid = target
        try:
            kind, steps = objects.header(oid)[0], 0
            while kind == "tag" and name.startswith("refs/tags/") and steps < 16:
                oid = objects.content(oid).split(b"\n", 1)[0].removeprefix(b"object ").decode("ascii", "replace")
                kind, steps = objects.header(oid)[0], steps + 1
        except Refused as error:
            wrong[name] = error.message
            continue
        if kind != "commit":
            wrong[name] = f"it points to a {kind}, not to a commit"
    return wrong


def _root(oid: str, size: int, objects: OnDisk) -> str:
    if size > _META:
        raise Refused(f"commit {oid[:12]} is too large")
    return objects.content(oid)[5:45].decode("ascii", "replace")
