"""The objects of one commit, made in a view of the repository, and the pack that holds the new ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, RepositoryOpenFlag

from lampas.core.history import paths
from lampas.core.history.trees import Refused
from lampas.core.names import Oid
from lampas.errors import Conflict, Failed, InvalidInput

_NOT_IN_NAMES = re.compile(r"[<>\x00-\x1f\x7f]")


class Making:
    """Makes objects on top of a commit.

    Args:
        view: The bare repository of the view; its loose objects are the new ones.
        parent: The commit to stand on; None: the first one of a branch.

    Raises:
        Conflict: There is no such commit.
    """

    def __init__(self, view: Path, parent: Oid | None) -> None:
        self._view = view
        self._repository = pygit2.Repository(str(view), RepositoryOpenFlag.BARE | RepositoryOpenFlag.NO_SEARCH)
        self._parents: list[pygit2.Oid] = []
        self._base: pygit2.Tree | None = None
        self.parent_tree = ""
        if parent is not None:
            try:
                found = self._repository[parent].peel(pygit2.Commit)
            except (KeyError, ValueError, pygit2.GitError) as error:
                raise Conflict(f"there is no commit {parent} to stand on", "load what is there now") from error
            self._parents, self._base, self.parent_tree = [found.id], found.tree, str(found.tree.id)

    def tree(self, changes: Mapping[str, bytes | None]) -> str:
        """Makes the tree with the changes in it, and its blobs.

        Raises:
            InvalidInput: A path cannot be used.
            Failed: The disk is full.
        """
        index = pygit2.Index()
        if self._base is not None:
            index.read_tree(self._base)
        for path, data in changes.items():  # removals first: a file may make room for a directory
            _check(path)
            if data is None and path in index:
                index.remove(path)
        for path, data in changes.items():
            if data is None:
                continue
            executable = path in index and index[path].mode == FileMode.BLOB_EXECUTABLE
            mode = FileMode.BLOB_EXECUTABLE if executable else FileMode.BLOB
            blob = self._blob(data)
            try:
                index.add(pygit2.IndexEntry(path, blob, mode))
            except (pygit2.GitError, OSError, ValueError) as error:
                raise InvalidInput(f"{path!r} cannot be written: {error}", "choose another path") from error
        return str(index.write_tree(self._repository))

    def _blob(self, data: bytes) -> pygit2.Oid:
        try:
            return self._repository.create_blob(data)
        except (pygit2.GitError, OSError) as error:  # libgit2 may give the words of an older error
            raise Failed("the commit cannot be written to disk", "see whether the disk is full") from error

    def commit(self, tree: str, message: str, author: str, email: str) -> str:
        """Makes the commit.

        Raises:
            InvalidInput: The author cannot be named so.
        """
        name = _NOT_IN_NAMES.sub("", author).strip()
        address = _NOT_IN_NAMES.sub("", email).strip()
        try:
            signature = pygit2.Signature(name, address)
        except (ValueError, pygit2.GitError) as error:
            raise InvalidInput(f"{author!r} cannot be the author of a commit", "give a name") from error
        text = message.replace("\0", "").strip() + "\n"
        made = self._repository.create_commit(None, signature, signature, text, pygit2.Oid(hex=tree), self._parents)
        return str(made)

    def pack(self) -> Path:
        """Packs the new objects.

        Returns:
            A directory of objects that holds them and nothing else.
        """
        objects = self._view.parent / "made"
        (objects / "pack").mkdir(parents=True)
        builder = pygit2.PackBuilder(self._repository)
        for folder in (self._view / "objects").glob("[0-9a-f][0-9a-f]"):
            for file in folder.iterdir():
                builder.add(pygit2.Oid(hex=folder.name + file.name))
        builder.write(str(objects / "pack"))
        for pack in (objects / "pack").glob("*.pack"):
            with pack.open("rb") as opened:  # libgit2 may call it otherwise: git's name is the checksum at the end
                opened.seek(-20, 2)
                name = opened.read(20).hex()
            index = pack.with_suffix(".idx")
            index.replace(index.with_name(f"pack-{name}.idx"))
            pack.replace(pack.with_name(f"pack-{name}.pack"))
        return objects


def _check(path: str) -> None:
    for part in path.split("/"):
        wrong = paths.problem(part.encode(errors="surrogateescape"))
        if wrong:
            raise Refused(f"the path {path!r} cannot be used: {part!r} {wrong}", "choose another path")
