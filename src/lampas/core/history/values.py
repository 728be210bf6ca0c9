"""Values of history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lampas.core.names import Oid, RepositoryName


@dataclass(frozen=True)
class TreeEntry:
    """One file of a commit: path with `/`, blob id, git mode (0o100644, 0o100755, 0o120000), size in bytes."""

    path: str
    oid: Oid
    mode: int
    size: int


@dataclass(frozen=True)
class Commit:
    """One commit of a repository."""

    repository: RepositoryName
    oid: Oid
    parents: tuple[Oid, ...]
    author: str
    email: str
    when: datetime
    message: str


@dataclass(frozen=True)
class RefUpdate:
    """A change of one ref, by compare-and-swap: `old` is what it must be now; None: it does not exist."""

    name: str
    old: Oid | None
    new: Oid | None
