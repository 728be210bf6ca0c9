"""Files that a definition brings besides the code, as if the commit had them: the code stays as its authors wrote it.

Each is a blob that no repository holds, named as git would name it. So all that reads history (the modules, the facts,
the tree of a release) reads it like any other, and the release's id and content follow from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from lampas.core.definition.errors import DefinitionError
from lampas.core.definition.values import Definition
from lampas.core.history.ports import HistoryReader
from lampas.core.history.values import Commit, TreeEntry
from lampas.core.names import Oid, RepositoryName

_MODE = 0o100644


def over(reader: HistoryReader, definition: Definition, commit: Oid) -> HistoryReader:
    """History in which that commit of the application's repository has the definition's files too.

    Args:
        reader: History as it is.
        definition: Whose files.
        commit: The commit of its own repository.

    Raises:
        InvalidInput: The commit has something at the place of one of them.
    """
    if not definition.files:
        return reader
    extra = {path: text.encode() for path, text in definition.files.items()}
    _check(definition, reader.tree(definition.repository, commit))
    return _Overlay(reader, definition.repository, commit, extra)


def blob_name(data: bytes) -> Oid:
    """What git calls a blob of these bytes."""
    return Oid(hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest())


class _Overlay:
    """Fills `HistoryReader`: everything as it is, but for one tree and the blobs that it has in addition."""

    def __init__(
        self, reader: HistoryReader, repository: RepositoryName, commit: Oid, files: Mapping[str, bytes]
    ) -> None:
        self._reader, self._at = reader, (repository, commit)
        self._blobs = {blob_name(data): data for data in files.values()}
        self._entries = {path: TreeEntry(path, blob_name(data), _MODE, len(data)) for path, data in files.items()}

    def resolve(self, repository: RepositoryName, ref: str) -> Oid:
        return self._reader.resolve(repository, ref)

    def commit(self, repository: RepositoryName, oid: Oid) -> Commit:
        return self._reader.commit(repository, oid)

    def log(
        self, repository: RepositoryName, ref: str, *, path: str | None = None, limit: int = 50
    ) -> Sequence[Commit]:
        return self._reader.log(repository, ref, path=path, limit=limit)

    def tree(self, repository: RepositoryName, commit: Oid) -> Mapping[str, TreeEntry]:
        found = self._reader.tree(repository, commit)
        return {**found, **self._entries} if (repository, commit) == self._at else found

    def entry(self, repository: RepositoryName, commit: Oid, path: str) -> TreeEntry | None:
        own = self._entries.get(path) if (repository, commit) == self._at else None
        return self._reader.entry(repository, commit, path) if own is None else own

    def changes(self, repository: RepositoryName, old: Oid, new: Oid) -> Mapping[str, TreeEntry | None] | None:
        return None if repository == self._at[0] else self._reader.changes(repository, old, new)

    def blob(self, repository: RepositoryName, oid: Oid) -> bytes:
        own = self._blobs.get(oid) if repository == self._at[0] else None
        return self._reader.blob(repository, oid) if own is None else own


def _check(definition: Definition, tree: Mapping[str, TreeEntry]) -> None:
    """A file that hides one of the code's would be a change of the code that no commit of it shows."""
    files = definition.files
    folders = {folder for path in (*tree, *files) for folder in _above(path)}
    for path in files:
        above = next((folder for folder in _above(path) if folder in tree or folder in files), None)
        if path in tree:
            said = f"{definition.repository} has {path!r} itself"
        elif above is not None:
            said = f"{path!r} cannot stand below {above!r}, which is a file"
        elif path in folders:
            said = f"{path!r} is a directory"
        else:
            continue
        raise DefinitionError(
            definition.file,
            f"app.{definition.name}.files",
            said,
            "choose another path, or change the code in its repository",
        )


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
