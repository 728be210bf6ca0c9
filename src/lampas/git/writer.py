"""Writes commits: core's `HistoryWriter`. Objects → pack → MariaDB + compare-and-swap, as a push does it.

The objects are made in a view of the repository and inspected like a push, so the two roads keep the same rules.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from django.db import Error as DatabaseError
from django.db import transaction

from lampas.core.history import refnames
from lampas.core.history.values import RefUpdate
from lampas.core.names import Oid, RepositoryName
from lampas.errors import Conflict, InvalidInput, LampasError
from lampas.git import inspection
from lampas.git.cache import Cache
from lampas.git.making import Making
from lampas.git.places import Places
from lampas.git.views import open_view
from lampas.store import history, history_packs

_LOG = logging.getLogger("lampas.git")


class GitWriter:
    """Fills `core.history.ports.HistoryWriter`.

    In a transaction of the caller, a commit becomes visible when that transaction ends, to readers as well; a second
    commit on top of it has to wait until then.

    Args:
        where: The server's configuration.
    """

    def __init__(self, where: Places) -> None:
        self._where = where
        self._cache = Cache(where)

    def create(self, repository: RepositoryName) -> None:
        """Makes an empty repository.

        Raises:
            Conflict: The name is taken.
        """
        history.create(repository)

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
        """Commits changes on top of `parent` and moves `branch` from it. A file that exists keeps its mode.

        Returns:
            The new commit's id; `parent` itself where nothing changed.

        Raises:
            NotFound: No such repository.
            Conflict: The branch is elsewhere by now.
            InvalidInput: A path or the branch's name cannot be used.
        """
        name = f"refs/heads/{branch}"
        wrong = refnames.problem(name)
        if wrong:
            raise InvalidInput(f"the branch {branch!r}: {wrong}", "choose another name")
        with open_view(self._where, self._cache, repository) as view:
            making = Making(view, parent)
            tree = making.tree(changes)
            if parent is not None and tree == making.parent_tree:
                return parent
            commit = Oid(making.commit(tree, message, author, email))
            objects = making.pack()
            inspection.inspect(objects, view / "objects")
            self._publish(repository, objects, RefUpdate(name, parent, commit))
        return commit

    def _publish(self, repository: RepositoryName, objects: Path, update: RefUpdate) -> None:
        row = history.stand(repository).id
        packs = [history_packs.stage(row, history_packs.at(one)) for one in (objects / "pack").glob("*.pack")]
        refused = history.publish(repository, packs, [update], atomic=True).refused
        if refused:
            branch = update.name.removeprefix("refs/heads/")
            raise Conflict(
                f"{repository}: {branch} could not be moved: {refused[update.name]}",
                "load what is there now and make the change again",
            )
        if transaction.get_connection().in_atomic_block:
            transaction.on_commit(lambda: self._follow(repository, None))
        else:
            self._follow(repository, objects / "pack")

    def _follow(self, repository: RepositoryName, hint: Path | None) -> None:
        """Brings the cache up to date at once. It may fail: whoever reads next does it."""
        try:
            self._cache.ensure(repository, hint)
        except (LampasError, DatabaseError, OSError):
            _LOG.warning("the cache of %s could not follow a commit", repository, exc_info=True)
