"""What is in the code: files, commits, differences, who wrote what, where a text stands."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from lampas.core.history.values import Commit, TreeEntry
from lampas.core.modules.tree import modules
from lampas.core.names import Oid, RepositoryName
from lampas.errors import InvalidInput, NotFound
from lampas.git.blame import BlamedLine, blame
from lampas.git.grep import Match, grep
from lampas.git.reader import GitReader
from lampas.store.models import Ref, Repository

SHOWN = 4 << 20  # bytes of a file or a difference that are sent
MOST_FOUND = 1000  # matches that one search may give


@dataclass(frozen=True)
class FileRow:
    """A file of a commit; `revision` is its blob's id, `mode` git's in octal."""

    path: str
    revision: str
    mode: str
    size: int


@dataclass(frozen=True)
class FileContent:
    """A file with its content: as text where it is UTF-8, else in base64; both None where it is too long."""

    repository: str
    commit: str
    path: str
    revision: str
    size: int
    text: str | None
    base64: str | None


@dataclass(frozen=True)
class CommitRow:
    """A commit."""

    commit: str
    parents: list[str]
    author: str
    email: str
    when: datetime
    message: str


@dataclass(frozen=True)
class Counts:
    """How much a commit holds."""

    commit: str
    files: int
    modules: int


@dataclass(frozen=True)
class Found:
    """What a search gave; `more`: there is more than was asked for."""

    matches: list[Match]
    more: bool


def reader() -> GitReader:
    """Reads what was last acknowledged."""
    return GitReader(settings.CONFIGURATION)


def commit_at(repository: RepositoryName, at: str | None) -> Oid:
    """The commit that a branch, tag or commit id names; None: the head of the default branch.

    Raises:
        NotFound: No such repository or ref, or the repository is empty.
    """
    row = Repository.objects.filter(name=repository).first()
    if row is None:
        raise NotFound(f"there is no repository {repository}", "list them: lampas repo list")
    return reader().resolve(repository, at or row.default_branch)


def files(repository: RepositoryName, at: str | None, after: str, limit: int) -> tuple[Oid, list[FileRow]]:
    """Files of a commit by path, those behind `after`; with the commit."""
    commit = commit_at(repository, at)
    tree = reader().tree(repository, commit)
    paths = sorted(path for path in tree if path > after)
    return commit, [_file(tree[path]) for path in paths[:limit]]


def content(repository: RepositoryName, path: str, at: str | None) -> FileContent:
    """One file.

    Raises:
        NotFound: No such repository, ref or file.
    """
    commit = commit_at(repository, at)
    entry = entry_of(repository, path, commit)
    text, encoded = None, None
    if entry.size <= SHOWN:
        data = reader().blob(repository, entry.oid)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            encoded = base64.b64encode(data).decode()
    return FileContent(repository, commit, path, entry.oid, entry.size, text, encoded)


def log(repository: RepositoryName, at: str | None, path: str | None, limit: int) -> list[CommitRow]:
    """Commits, newest first; with `path`: those that changed it."""
    commit = commit_at(repository, at)
    return [_commit(item) for item in reader().log(repository, commit, path=path, limit=limit)]


def difference(repository: RepositoryName, older: str, newer: str | None, path: str | None) -> tuple[Oid, Oid, str]:
    """What `git diff` shows between two refs, with the commits that they name."""
    old, new = commit_at(repository, older), commit_at(repository, newer)
    return old, new, reader().diff(repository, old, new, path)[:SHOWN]


def authorship(repository: RepositoryName, path: str, at: str | None) -> tuple[Oid, list[BlamedLine]]:
    """Who wrote each line of a file, with the commit that it was asked at."""
    commit = commit_at(repository, at)
    entry = entry_of(repository, path, commit)
    if entry.size > SHOWN:
        raise InvalidInput(f"{path} is too long for this", "ask git for it in a clone")
    return commit, blame(settings.CONFIGURATION, repository, commit, path)


def counts(repository: RepositoryName, at: str | None) -> Counts:
    """How many files and modules a commit holds."""
    commit = commit_at(repository, at)
    tree = reader().tree(repository, commit)
    return Counts(commit=commit, files=len(tree), modules=len(modules(repository, tree)))


def search(text: str, repository: str | None, limit: int) -> Found:
    """Where a text stands, at the heads of the default branches, repository by repository until `limit` is reached.

    Raises:
        NotFound: No such repository.
        InvalidInput: The text cannot be searched.
    """
    rows = Repository.objects.order_by("name")
    if repository is not None:
        rows = rows.filter(name=repository)
        if not rows:
            raise NotFound(f"there is no repository {repository}", "list them: lampas repo list")
    wanted = max(1, min(limit, MOST_FOUND))
    found: list[Match] = []
    for row in rows:
        head = Ref.objects.filter(repository=row, name=f"refs/heads/{row.default_branch}").first()
        if head is not None and len(found) <= wanted:
            name = RepositoryName(row.name)
            found += grep(settings.CONFIGURATION, name, Oid(head.oid), text, wanted + 1 - len(found))
    return Found(matches=found[:wanted], more=len(found) > wanted)


def entry_of(repository: RepositoryName, path: str, commit: Oid) -> TreeEntry:
    """A file of a commit.

    Raises:
        NotFound: It is not there.
    """
    entry = reader().entry(repository, commit, path)
    if entry is None:
        raise NotFound(f"{repository} has no file {path} at {commit[:12]}", "its history may tell where it went")
    return entry


def _file(entry: TreeEntry) -> FileRow:
    return FileRow(path=entry.path, revision=entry.oid, mode=f"{entry.mode:06o}", size=entry.size)


def _commit(item: Commit) -> CommitRow:
    return CommitRow(item.oid, list(item.parents), item.author, item.email, item.when, item.message)
