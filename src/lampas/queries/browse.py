"""Code as people walk through it: repositories with their heads, folders, files, histories, commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lampas.core.history.ports import HistoryReader
from lampas.core.history.values import Commit, TreeEntry
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound
from lampas.store.models import Ref, Repository

PAGE = 50
COUNTED = 2000  # how many of a repository's commits a page of its history can reach at most


@dataclass(frozen=True)
class RepositoryRow:
    """A repository as lists show it; `head` None: nothing was pushed to its default branch yet."""

    name: RepositoryName
    branch: str
    head: Commit | None


@dataclass(frozen=True)
class At:
    """Where in a repository somebody looks: the ref as given, the commit that it names now, all its refs."""

    repository: RepositoryName
    ref: str
    commit: Oid
    default: str
    branches: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def editable(self) -> bool:
        """Whether a commit can be made here: on a branch, not on a tag or an old commit."""
        return self.ref in self.branches


@dataclass(frozen=True)
class Folder:
    """What one folder of a commit holds: names of folders, and files, each sorted."""

    path: str
    folders: tuple[str, ...]
    files: tuple[TreeEntry, ...]


@dataclass(frozen=True)
class Change:
    """A file that a commit changed: its path and the entries on both sides (None: not there)."""

    path: str
    old: TreeEntry | None
    new: TreeEntry | None

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"


def repositories(reader: HistoryReader, *, page: int = 1, limit: int = PAGE) -> list[RepositoryRow]:
    """Repositories by name, with the newest commit of each; one more than `limit` where there is a next page."""
    rows = Repository.objects.order_by("name")[(page - 1) * limit : page * limit + 1]
    return [_row(reader, row) for row in rows]


def at(reader: HistoryReader, name: str, ref: str = "") -> At | None:
    """Finds where somebody looks; None: the repository is empty.

    Args:
        reader: History.
        name: The repository.
        ref: A branch, tag or commit; "": the default branch.

    Raises:
        NotFound: No such repository or ref.
    """
    row = Repository.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"there is no repository {name}", "the list of repositories is under Code")
    branches, tags = _refs(row)
    where = ref or row.default_branch
    if not ref and where not in branches:
        if not branches:
            return None
        where = branches[0]
    repository = RepositoryName(row.name)
    return At(repository, where, reader.resolve(repository, where), row.default_branch, branches, tags)


def folder(tree: Mapping[str, TreeEntry], path: str) -> Folder:
    """The entries of one folder; "" is the root.

    Raises:
        NotFound: There is no such folder.
    """
    prefix = f"{path}/" if path else ""
    below = [name for name in tree if name.startswith(prefix)]
    if path and not below:
        raise NotFound(f"there is no folder {path} at this commit")
    folders = sorted({name[len(prefix) :].split("/", 1)[0] for name in below if "/" in name[len(prefix) :]})
    files = sorted((tree[name] for name in below if "/" not in name[len(prefix) :]), key=lambda entry: entry.path)
    return Folder(path, tuple(folders), tuple(files))


def history(
    reader: HistoryReader, where: At, *, path: str = "", page: int = 1, limit: int = PAGE
) -> tuple[Sequence[Commit], bool]:
    """One page of a history, newest first, and whether there are older commits."""
    wanted = min(page * limit, COUNTED)
    commits = reader.log(where.repository, where.commit, path=path or None, limit=wanted + 1)
    return commits[(page - 1) * limit : wanted], len(commits) > wanted


def changes(reader: HistoryReader, repository: RepositoryName, commit: Commit) -> list[Change]:
    """What a commit changed against its first parent, by path."""
    new = reader.tree(repository, commit.oid)
    old = reader.tree(repository, commit.parents[0]) if commit.parents else {}
    return between(old, new)


def between(old: Mapping[str, TreeEntry], new: Mapping[str, TreeEntry]) -> list[Change]:
    """The differences of two trees, by path."""
    return [
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if _identity(old.get(path)) != _identity(new.get(path))
    ]


def _identity(entry: TreeEntry | None) -> tuple[str, int] | None:
    return (entry.oid, entry.mode) if entry else None


def _row(reader: HistoryReader, row: Repository) -> RepositoryRow:
    name = RepositoryName(row.name)
    ref = row.refs.filter(name=f"refs/heads/{row.default_branch}").first()
    return RepositoryRow(name, row.default_branch, reader.commit(name, Oid(ref.oid)) if ref else None)


def _refs(row: Repository) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = list(Ref.objects.filter(repository=row).order_by("name").values_list("name", flat=True))
    branches = [name.removeprefix("refs/heads/") for name in names if name.startswith("refs/heads/")]
    tags = [name.removeprefix("refs/tags/") for name in names if name.startswith("refs/tags/")]
    branches.sort(key=lambda name: (name != row.default_branch, name))
    return tuple(branches), tuple(reversed(tags))
