"""The inspection of trees: every rule that a pushed tree has to keep, counted without expanding anything.

A tree may name one subtree a thousand times, and that one another a thousand times: a few kilobytes that unpack to a
billion files. So each distinct tree is read once and reduced to a `Summary`; sums of sums give the size of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Protocol

from lampas.core.history import paths
from lampas.errors import InvalidInput

TREE = 0o040000
LINK = 0o120000
SUBMODULE = 0o160000

_MIB = 1 << 20


class Refused(InvalidInput):
    """A push, or a commit made in the browser, that is not taken."""

    code = "push-refused"


@dataclass(frozen=True)
class Limits:
    """Bounds on what one commit may hold when it is unpacked.

    Attributes:
        blob: Bytes of one file.
        expanded: Bytes of all files.
        entries: Files and directories.
        depth: Directories inside one another.
        path: Bytes of the longest path.
        tree: Bytes of one tree object.
    """

    blob: int = 256 * _MIB
    expanded: int = 768 * _MIB
    entries: int = 500_000
    depth: int = 64
    path: int = 1024
    tree: int = 32 * _MIB


@dataclass(frozen=True)
class Summary:
    """A tree with all that is under it: entries, bytes, levels, bytes of the longest path, and how many directories
    its links climb above it."""

    entries: int = 0
    expanded: int = 0
    depth: int = 0
    path: int = 0
    climb: int = 0


class Objects(Protocol):
    """What the inspection reads. Ids are hexadecimal."""

    def size(self, oid: str) -> int:
        """The size of an object in bytes, without expanding it."""

    def content(self, oid: str) -> bytes:
        """An object's bytes."""


@dataclass(frozen=True)
class Entry:
    """One entry of a tree object."""

    mode: int
    name: bytes
    oid: str


def parse(data: bytes) -> Iterator[Entry]:
    """The entries of a tree object."""
    at = 0
    while at < len(data):
        blank = data.index(b" ", at)
        end = data.index(b"\0", blank)
        yield Entry(int(data[at:blank], 8), data[blank + 1 : end], data[end + 1 : end + 21].hex())
        at = end + 21


@dataclass
class _Open:
    """A tree that is being summed up: what it has so far, and which subtrees are still to come."""

    oid: str
    own: Summary
    below: list[tuple[str, int]]
    seen: int = 0


class Inspection:
    """Sums trees up and refuses the first one that breaks a rule.

    Args:
        objects: Where trees and links are read.
        known: Summaries by tree id; grows. They hold for ever, so a caller may keep them.
        limits: The bounds.
    """

    def __init__(self, objects: Objects, known: MutableMapping[str, Summary], limits: Limits) -> None:
        self._objects = objects
        self._known = known
        self._limits = limits
        self._done: dict[str, Summary] = {}

    def commit_tree(self, oid: str) -> Summary:
        """Inspects a tree as the root of a commit.

        Raises:
            Refused: It breaks a rule; the message names the entry.
        """
        summary = self.tree(oid)
        if summary.climb > 0:
            raise Refused(f"tree {oid[:12]}: a symbolic link leaves the tree", "make it point inside the repository")
        return summary

    def tree(self, oid: str) -> Summary:
        """Inspects a tree and all that is under it.

        Raises:
            Refused: It breaks a rule.
        """
        stack: list[_Open] = []
        ready = self._summary(oid)
        if ready is None:
            stack.append(self._open(oid))
        while stack:
            top = stack[-1]
            ready = None
            if top.seen < len(top.below):
                child, name = top.below[top.seen]
                ready = self._summary(child)
                if ready is None:
                    if len(stack) >= self._limits.depth:
                        raise Refused(f"directories are nested deeper than {self._limits.depth}")
                    stack.append(self._open(child))
                    continue
                top.own = self._bounded(top.oid, _under(top.own, ready, name))
                top.seen += 1
                continue
            ready = self._bounded(top.oid, top.own)
            self._done[top.oid] = self._known[top.oid] = ready
            stack.pop()
        if ready is None:
            ready = self._done[oid]
        return ready

    def _summary(self, oid: str) -> Summary | None:
        found = self._done.get(oid)
        if found is None:
            found = self._known.get(oid)
            if found is not None:
                self._done[oid] = found
        return found

    def _open(self, oid: str) -> _Open:
        if self._objects.size(oid) > self._limits.tree:
            raise Refused(f"tree {oid[:12]} is larger than {self._limits.tree // _MIB} MiB")
        entries = expanded = longest = climb = 0
        below: list[tuple[str, int]] = []
        for entry in parse(self._objects.content(oid)):
            wrong = paths.problem(entry.name)
            if wrong:
                raise Refused(f"the name {_shown(entry.name)} {wrong}", "rename it and push again")
            if entry.mode == SUBMODULE:
                raise Refused(f"{_shown(entry.name)} is a submodule", "commit its files, or use another repository")
            entries += 1
            longest = max(longest, len(entry.name))
            if entry.mode == TREE:
                below.append((entry.oid, len(entry.name)))
                continue
            size = self._blob(entry)
            expanded += size
            if entry.mode == LINK:
                climb = max(climb, self._link(entry, size))
        return _Open(oid, self._bounded(oid, Summary(entries, expanded, 1, longest, climb)), below)

    def _blob(self, entry: Entry) -> int:
        size = self._objects.size(entry.oid)
        if size > self._limits.blob:
            raise Refused(
                f"{_shown(entry.name)} has {size // _MIB} MiB, more than the {self._limits.blob // _MIB} MiB of a file",
                "keep such data outside the repository",
            )
        return size

    def _link(self, entry: Entry, size: int) -> int:
        target = self._objects.content(entry.oid) if size <= paths.LONGEST_TARGET else b""
        judged = paths.link(target)
        if judged.problem:
            raise Refused(f"the symbolic link {_shown(entry.name)} {judged.problem}", "make it point inside the tree")
        return judged.climb

    def _bounded(self, oid: str, summary: Summary) -> Summary:
        limits = self._limits
        for what, has, most in (
            ("entries", summary.entries, limits.entries),
            ("levels of directories", summary.depth, limits.depth),
            ("bytes in one path", summary.path, limits.path),
            ("bytes when unpacked", summary.expanded, limits.expanded),
        ):
            if has > most:
                raise Refused(f"tree {oid[:12]} has {has:,} {what}, more than the {most:,} that are allowed")
        return summary


def inspect(
    objects: Objects,
    roots: Iterable[str],
    known: MutableMapping[str, Summary],
    limits: Limits,
) -> None:
    """Inspects the root trees of commits.

    Raises:
        Refused: One of them breaks a rule.
    """
    inspection = Inspection(objects, known, limits)
    for root in roots:
        inspection.commit_tree(root)


def _under(whole: Summary, part: Summary, name: int) -> Summary:
    return Summary(
        whole.entries + part.entries,
        whole.expanded + part.expanded,
        max(whole.depth, part.depth + 1),
        max(whole.path, name + 1 + part.path),
        max(whole.climb, part.climb - 1),
    )


def _shown(name: bytes) -> str:
    return ascii(name.decode(errors="replace"))
