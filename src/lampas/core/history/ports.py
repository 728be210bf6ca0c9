"""The ports of history. `git/` fills them with pygit2 over the disposable cache; unit tests with fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lampas.core.history.values import Commit, TreeEntry
from lampas.core.names import Oid, RepositoryName


class HistoryReader(Protocol):
    """Reads repositories. Every method may be called from any process and sees what was last acknowledged."""

    def resolve(self, repository: RepositoryName, ref: str) -> Oid:
        """The commit that a branch, tag or commit id names.

        Raises:
            NotFound: No such repository or ref.
        """

    def commit(self, repository: RepositoryName, oid: Oid) -> Commit:
        """One commit, whole."""

    def log(
        self, repository: RepositoryName, ref: str, *, path: str | None = None, limit: int = 50
    ) -> Sequence[Commit]:
        """The newest `limit` commits that lead to `ref`, newest first; with `path`: those that changed it."""

    def tree(self, repository: RepositoryName, commit: Oid) -> Mapping[str, TreeEntry]:
        """All files of a commit by path, submodules left out."""

    def entry(self, repository: RepositoryName, commit: Oid, path: str) -> TreeEntry | None:
        """What `tree` gives for one path, in a time that does not depend on how many files there are."""

    def blob(self, repository: RepositoryName, oid: Oid) -> bytes:
        """The content of one blob."""

    def changes(self, repository: RepositoryName, old: Oid, new: Oid) -> Mapping[str, TreeEntry | None] | None:
        """What `tree` gives otherwise for one commit than for another, by path; the value None for what is gone.

        It takes time by what differs, not by what there is. None where that is not known: compare the trees then.
        """


class HistoryWriter(Protocol):
    """Writes commits. They take the same road as a push: objects → pack → MariaDB + compare-and-swap."""

    def create(self, repository: RepositoryName) -> None:
        """Makes an empty repository.

        Raises:
            Conflict: The name is taken.
        """

    def write(
        self,
        repository: RepositoryName,
        branch: str,
        changes: Mapping[str, bytes | None],
        *,
        message: str,
        author: str,
        email: str,
        parent: Oid | None,
    ) -> Oid:
        """Commits changes on top of `parent` and moves `branch` from it.

        Args:
            repository: Where.
            branch: Its short name, `main`.
            changes: Content by path; None removes the path.
            message: The commit message.
            author: The author's name.
            email: The author's address.
            parent: What the branch must be at now; None: it must not exist yet.

        Returns:
            The new commit's id; `parent` itself where nothing changed.

        Raises:
            Conflict: The branch is elsewhere by now.
        """
