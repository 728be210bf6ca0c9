"""How actions read and write code: one reader, one writer, and who the author of a commit is."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from lampas.core.accounts import Actor
from lampas.core.history.ports import HistoryReader, HistoryWriter
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound
from lampas.git.reader import GitReader
from lampas.git.writer import GitWriter
from lampas.store.models import Person, Repository


def reader() -> HistoryReader:
    """Reads what was last acknowledged."""
    return GitReader(settings.CONFIGURATION)


def writer() -> HistoryWriter:
    """Writes by the same road as a push."""
    return GitWriter(settings.CONFIGURATION)


def head(repository: RepositoryName, branch: str) -> Oid | None:
    """Where a branch is; None: the repository is there and the branch is not.

    Raises:
        NotFound: No such repository.
    """
    require(repository)
    try:
        return reader().resolve(repository, f"refs/heads/{branch}")
    except NotFound:
        return None


def require(repository: RepositoryName) -> Repository:
    """The repository's row.

    Raises:
        NotFound: No such repository.
    """
    row: Repository | None = Repository.objects.filter(name=repository).first()
    if row is None:
        raise NotFound(f"there is no repository {repository}", "make it: lampas repo create NAME")
    return row


def commit(
    actor: Actor,
    repository: RepositoryName,
    branch: str,
    changes: Mapping[str, bytes | None],
    message: str,
    parent: Oid | None,
) -> Oid:
    """Commits in the actor's name; see `HistoryWriter.write`."""
    person = Person.objects.filter(name=actor.name).first()
    email = person.email if person is not None and person.email else f"{actor.name}@localhost"
    return writer().write(repository, branch, changes, message=message, author=actor.name, email=email, parent=parent)
