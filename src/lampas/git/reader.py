"""Reads repositories: core's `HistoryReader` over the disposable cache.

Whatever is named by an object id is read at once and holds for ever; whatever is named by a ref brings the cache up to
date first. Where the cache was deleted under a read, it is made anew and the read tried again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pygit2

from lampas import process
from lampas.core.history.values import Commit, TreeEntry
from lampas.core.names import Oid, RepositoryName
from lampas.errors import Failed, NotFound
from lampas.git import places
from lampas.git.cache import Cache
from lampas.git.places import Places
from lampas.store import history

Value = TypeVar("Value")

_HEX = frozenset("0123456789abcdef")
_SUBMODULE = 0o160000
_FORMAT = "%H%x1f%P%x1f%an%x1f%ae%x1f%at%x1f%B"
_NOT_THERE = ("bad object", "Not a valid object name", "not a tree object", "bad revision", "unable to read tree")
_TRIES = 4
_OPEN = 16  # repositories that one thread keeps open


class GitReader:
    """Fills `core.history.ports.HistoryReader`.

    Args:
        where: The server's configuration.
    """

    def __init__(self, where: Places) -> None:
        self._cache = Cache(where)

    def refs(self, repository: RepositoryName) -> dict[str, Oid]:
        """All branches and tags by full name.

        Raises:
            NotFound: There is no such repository.
        """
        return history.refs(repository)

    def default_branch(self, repository: RepositoryName) -> str:
        """The short name of the branch that a clone checks out.

        Raises:
            NotFound: There is no such repository.
        """
        return history.stand(repository).default_branch

    def resolve(self, repository: RepositoryName, ref: str) -> Oid:
        """The commit that a branch, a tag, a full name of a ref or a commit id names.

        A branch goes before a tag of the same name; an id may be cut to seven digits.

        Raises:
            NotFound: No such repository or ref.
        """
        refs = self.refs(repository)
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
            if name in refs:
                return self._peel(repository, refs[name], ref)
        if 7 <= len(ref) <= 40 and _HEX.issuperset(ref):
            return self._peel(repository, ref, ref)
        raise _unknown(repository, ref)

    def commit(self, repository: RepositoryName, oid: Oid) -> Commit:
        """One commit, whole.

        Raises:
            NotFound: No such repository or commit.
        """
        return _one(self._log(repository, [_id(oid), "--no-walk"]), repository, oid)

    def log(
        self, repository: RepositoryName, ref: str, *, path: str | None = None, limit: int = 50
    ) -> Sequence[Commit]:
        """The newest `limit` commits that lead to `ref`, newest first; with `path`: those that changed it.

        Raises:
            NotFound: No such repository or ref.
        """
        start = self.resolve(repository, ref)
        return self._log(repository, [start, f"--max-count={max(0, limit)}"], path)

    def tree(self, repository: RepositoryName, commit: Oid) -> Mapping[str, TreeEntry]:
        """All files of a commit by path, submodules left out.

        Raises:
            NotFound: No such repository or commit.
        """
        out = self._git(repository, ["ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", _id(commit)])
        entries: dict[str, TreeEntry] = {}
        for line in out.split(b"\0"):
            if not line:
                continue
            facts, name = line.split(b"\t", 1)
            mode, kind, oid, size = facts.split()
            if kind == b"blob":
                path = name.decode(errors="surrogateescape")
                entries[path] = TreeEntry(path, Oid(oid.decode()), int(mode, 8), int(size))
        return entries

    def entry(self, repository: RepositoryName, commit: Oid, path: str) -> TreeEntry | None:
        """What `tree` gives for one path, without reading the others; None where it has no such file.

        Raises:
            NotFound: No such repository or commit.
        """

        def read(opened: pygit2.Repository) -> TreeEntry | None:
            found: pygit2.Object = opened[commit].peel(pygit2.Tree)
            for part in path.split("/"):
                if not isinstance(found, pygit2.Tree) or not part or part not in found:
                    return None
                found = found[part]
            if not isinstance(found, pygit2.Blob):
                return None
            return TreeEntry(path, Oid(str(found.id)), int(found.filemode or 0), found.size)

        if not path.isprintable():
            return self.tree(repository, commit).get(path)  # such names are not always UTF-8
        return self._read(repository, read, commit)

    def changes(self, repository: RepositoryName, old: Oid, new: Oid) -> Mapping[str, TreeEntry | None] | None:
        """What `tree` gives otherwise for `new` than for `old`, by path; None for what is gone.

        Raises:
            NotFound: No such repository or commit.
        """

        def read(opened: pygit2.Repository) -> dict[str, TreeEntry | None]:
            before, after = (opened[oid].peel(pygit2.Tree) for oid in (old, new))
            found: dict[str, TreeEntry | None] = {}
            for delta in before.diff_to_tree(after).deltas:
                path = delta.new_file.raw_path.decode(errors="surrogateescape")
                there = delta.status_char() != "D" and delta.new_file.mode != _SUBMODULE
                oid = str(delta.new_file.id)
                blob = opened[oid] if there else None
                size = blob.size if isinstance(blob, pygit2.Blob) else 0
                found[path] = TreeEntry(path, Oid(oid), int(delta.new_file.mode), size) if there else None
            return found

        return self._read(repository, read, f"{old} or {new}")

    def blob(self, repository: RepositoryName, oid: Oid) -> bytes:
        """The content of one blob.

        Raises:
            NotFound: No such repository or blob.
        """

        def read(opened: pygit2.Repository) -> bytes:
            found = opened[oid]
            if not isinstance(found, pygit2.Blob):
                raise KeyError(oid)
            return bytes(found.data)

        return self._read(repository, read, oid)

    def changed(self, repository: RepositoryName, old: Oid, new: Oid) -> Sequence[str]:
        """The paths that differ between two commits, sorted.

        Raises:
            NotFound: No such repository or commit.
        """
        out = self._git(repository, ["diff-tree", "-r", "-z", "--name-only", "--no-renames", _id(old), _id(new)])
        return [name.decode(errors="surrogateescape") for name in out.split(b"\0") if name]

    def diff(self, repository: RepositoryName, old: Oid | None, new: Oid, path: str | None = None) -> str:
        """The difference between two commits as text, as `git diff` shows it; `old` None: against nothing.

        Raises:
            NotFound: No such repository or commit.
        """
        between = ["--root", _id(new)] if old is None else [_id(old), _id(new)]
        asked = ["diff-tree", "-p", "-M", "--no-commit-id", "--no-ext-diff", "--no-textconv", *between]
        return self._git(repository, [*asked, "--", *([f":(literal){path}"] if path else [])]).decode(errors="replace")

    def _log(self, repository: RepositoryName, asked: list[str], path: str | None = None) -> list[Commit]:
        paths = [f":(literal){path}"] if path else []
        out = self._git(repository, ["log", "-z", f"--format={_FORMAT}", *asked, "--", *paths])
        return [_commit(repository, item) for item in out.decode(errors="replace").split("\0") if item]

    def _peel(self, repository: RepositoryName, oid: str, ref: str) -> Oid:
        def read(opened: pygit2.Repository) -> Oid:
            return Oid(str(opened[oid].peel(pygit2.Commit).id))

        try:
            return self._read(repository, read, oid)
        except NotFound as error:
            raise _unknown(repository, ref) from error

    def _read(self, repository: RepositoryName, read: Callable[[pygit2.Repository], Value], what: str) -> Value:
        """Reads through pygit2: from what is on disk if it is there, else from what is brought up to date."""
        for attempt in range(_TRIES):
            directory = self._cache.path(repository) if attempt == 0 else self._cache.ensure(repository)
            try:
                return read(_opened(directory, anew=attempt > 0))
            except (KeyError, ValueError, OSError, pygit2.GitError):
                continue
        raise NotFound(f"{repository} has no object {what}", "see: git log")

    def _git(self, repository: RepositoryName, argv: list[str]) -> bytes:
        """Runs a git that only reads."""
        last = Failed("git was not asked")
        for _ in range(_TRIES):
            directory = self._cache.ensure(repository)
            done = process.run(["git", f"--git-dir={directory}", *argv], env=places.environment(), timeout=120)
            if done.status == 0:
                return done.stdout
            words = done.stderr.decode(errors="replace").strip()
            if directory.exists() and any(told in words for told in _NOT_THERE):
                raise NotFound(f"{repository}: {words.splitlines()[-1]}")
            last = Failed(f"git {argv[0]} on {repository}: {words[-500:]}")
        raise last


class _Opened(threading.local):
    """The repositories that this thread has open: libgit2's are not to be shared."""

    def __init__(self) -> None:
        self.by_path: dict[str, tuple[int, pygit2.Repository]] = {}


_OPENED = _Opened()


def _opened(directory: Path, *, anew: bool) -> pygit2.Repository:
    inode = directory.stat().st_ino
    key = str(directory)
    known = _OPENED.by_path.get(key)
    if known is None or known[0] != inode or anew:
        if len(_OPENED.by_path) >= _OPEN:
            _OPENED.by_path.clear()
        flags = pygit2.enums.RepositoryOpenFlag.BARE | pygit2.enums.RepositoryOpenFlag.NO_SEARCH
        known = _OPENED.by_path[key] = (inode, pygit2.Repository(key, flags))
    return known[1]


def _commit(repository: RepositoryName, item: str) -> Commit:
    oid, parents, author, email, seconds, message = item.split("\x1f", 5)
    return Commit(
        repository=repository,
        oid=Oid(oid),
        parents=tuple(Oid(parent) for parent in parents.split()),
        author=author,
        email=email,
        when=datetime.fromtimestamp(int(seconds or 0), UTC),
        message=message.rstrip("\n"),
    )


def _one(commits: Sequence[Commit], repository: str, oid: str) -> Commit:
    if not commits:
        raise _unknown(repository, oid)
    return commits[0]


def _id(oid: str) -> str:
    """An object id and nothing else, so that no argument is ever taken for an option.

    Raises:
        NotFound: It is none.
    """
    if not 4 <= len(oid) <= 40 or not _HEX.issuperset(oid):
        raise NotFound(f"{oid!r} is not an object id")
    return oid


def _unknown(repository: str, ref: str) -> NotFound:
    return NotFound(f"{repository} has no branch, tag or commit {ref!r}", "push it first, or see: git branch --all")
