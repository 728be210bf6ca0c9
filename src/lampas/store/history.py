"""Repositories and their refs in MariaDB: the truth of history.

Refs change by compare-and-swap alone, all of a publication in one transaction, which also publishes the packs that
they need and grows the repository's generation, so that every cache on disk knows that it is behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction

from lampas.core.history import refnames
from lampas.core.history.values import RefUpdate
from lampas.core.names import Oid, RepositoryName
from lampas.errors import Conflict, NotFound
from lampas.store.models import Pack, Ref, Repository

FETCH_FIRST = "fetch first"


@dataclass(frozen=True)
class Stand:
    """Where a repository stands: its row, how often it was published, and its default branch."""

    id: int
    name: RepositoryName
    generation: int
    default_branch: str


@dataclass(frozen=True)
class Published:
    """What became of a publication: the generation after it, and the refs that were refused, each with its reason."""

    generation: int
    refused: Mapping[str, str]


def create(name: RepositoryName, default_branch: str = "main") -> Stand:
    """Makes an empty repository.

    Raises:
        Conflict: The name is taken.
    """
    try:
        with transaction.atomic():
            row = Repository.objects.create(name=name, default_branch=default_branch)
    except IntegrityError as error:
        raise Conflict(f"the repository {name} exists already", "choose another name, or push to it") from error
    return _stand(row)


def list_all() -> list[Stand]:
    """All repositories, by name."""
    return [_stand(row) for row in Repository.objects.order_by("name")]


def exists(name: RepositoryName) -> bool:
    """Whether there is such a repository."""
    return Repository.objects.filter(name=name).exists()


def stand(name: RepositoryName) -> Stand:
    """Where a repository stands, as last committed: a transaction of the caller's own is not seen.

    Raises:
        NotFound: There is none of this name.
    """
    with committed() as cursor:
        cursor.execute(
            "SELECT id, generation, default_branch FROM lampas_repository WHERE name=%s",
            [name],
        )
        row = cursor.fetchone()
    if row is None:
        raise missing(name)
    return Stand(row[0], name, row[1], row[2])


def missing(name: str) -> NotFound:
    """The error for a repository that does not exist."""
    return NotFound(f"there is no repository {name}", f"make it first: lampas repo create {name}")


def refs(name: RepositoryName) -> dict[str, Oid]:
    """All refs of a repository by full name, as last committed.

    Raises:
        NotFound: There is no such repository.
    """
    return refs_of(stand(name).id)


def refs_of(repository: int) -> dict[str, Oid]:
    """As `refs`, by the repository's row id."""
    with committed() as cursor:
        cursor.execute("SELECT name, oid FROM lampas_ref WHERE repository_id=%s ORDER BY name", [repository])
        return {name: Oid(oid) for name, oid in cursor.fetchall()}


@contextmanager
def committed() -> Iterator[Any]:
    """A cursor that sees what is committed and nothing else, even in the middle of the caller's transaction.

    A cache on disk must never be brought to a state that may still be rolled back.
    """
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            yield cursor
        return
    with closing(connection.copy()) as other, other.cursor() as cursor:
        yield cursor


def publish(
    name: RepositoryName,
    packs: Sequence[str],
    updates: Sequence[RefUpdate],
    *,
    atomic: bool = False,
    record: Callable[[Sequence[RefUpdate]], object] | None = None,
) -> Published:
    """Moves refs and publishes the packs that they need, in one transaction.

    Args:
        name: The repository.
        packs: Names of packs that were staged.
        updates: The refs to move, each from what it must be at now.
        atomic: Whether one refused ref refuses all of them.
        record: Called in the transaction with the updates that were made, for the audit row.

    Returns:
        What became of it. Where nothing was moved, nothing is published and the generation stays.

    Raises:
        NotFound: There is no such repository.
        Conflict: A staged pack is gone: it was collected, for the push took longer than the grace period.
    """
    with transaction.atomic():
        row = Repository.objects.select_for_update().filter(name=name).first()
        if row is None:
            raise missing(name)
        current = dict(Ref.objects.filter(repository=row).values_list("name", "oid"))
        made, refused = decide(current, updates, row.default_branch)
        if refused and atomic:
            return Published(row.generation, {u.name: refused.get(u.name, "atomic push refused") for u in updates})
        if not made:
            return Published(row.generation, refused)
        _publish_packs(row, packs)
        _move(row, made)
        _choose_default(row, current, made)
        row.generation += 1
        row.save(update_fields=["generation", "default_branch"])
        if record:
            record(made)
    return Published(row.generation, refused)


def decide(
    current: Mapping[str, str], updates: Iterable[RefUpdate], default_branch: str
) -> tuple[list[RefUpdate], dict[str, str]]:
    """Which updates can be made on top of `current`, and why the others cannot. Pure.

    Deletions come first, so that `a` can make room for `a/b` in the same push.
    """
    now = dict(current)
    made: list[RefUpdate] = []
    refused: dict[str, str] = {}
    for update in sorted(updates, key=lambda one: one.new is not None):
        reason = _refusal(now, update, default_branch)
        if reason:
            refused[update.name] = reason
            continue
        if update.new is None:
            del now[update.name]
        else:
            now[update.name] = update.new
        made.append(update)
    return made, refused


def _refusal(now: Mapping[str, str], update: RefUpdate, default_branch: str) -> str | None:
    malformed = refnames.problem(update.name)
    if malformed and update.new is not None:
        return malformed
    if now.get(update.name) != update.old:
        return FETCH_FIRST
    if update.new is None:
        if update.old is None:
            return "there is no such ref"
        if update.name == f"refs/heads/{default_branch}":
            return "the default branch cannot be deleted"
    elif update.old is None:
        under = update.name + "/"
        clash = next((one for one in refnames.parents(update.name) if one in now), None)
        clash = clash or next((one for one in now if one.startswith(under)), None)
        if clash:
            return f"{clash} exists, and one cannot stand under the other"
    return None


def _move(row: Repository, updates: Sequence[RefUpdate]) -> None:
    gone = [update.name for update in updates if update.new is None]
    if gone:
        Ref.objects.filter(repository=row, name__in=gone).delete()
    Ref.objects.bulk_create(
        [Ref(repository=row, name=u.name, oid=u.new) for u in updates if u.new is not None and u.old is None],
        batch_size=500,
    )
    for update in updates:
        if update.new is not None and update.old is not None:
            Ref.objects.filter(repository=row, name=update.name, oid=update.old).update(oid=update.new)


def _choose_default(row: Repository, current: Mapping[str, str], made: Sequence[RefUpdate]) -> None:
    """The first push to an empty repository says what its default branch is called, where it is not `main`."""
    if any(name.startswith("refs/heads/") for name in current):
        return
    branches = [one.name.removeprefix("refs/heads/") for one in made if one.name.startswith("refs/heads/")]
    if branches and row.default_branch not in branches:
        row.default_branch = "master" if "master" in branches else branches[0]


def _publish_packs(row: Repository, names: Sequence[str]) -> None:
    if not names:
        return
    found = list(Pack.objects.select_for_update().filter(repository=row, name__in=names).values_list("id", flat=True))
    if len(found) != len(set(names)):
        raise Conflict("the packs of this push were collected before it ended", "push again")
    Pack.objects.filter(id__in=found).update(published=True, superseded=None)


def _stand(row: Repository) -> Stand:
    return Stand(row.pk, RepositoryName(row.name), row.generation, row.default_branch)
