"""Which repositories are there?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from lampas.core.names import RepositoryName
from lampas.errors import NotFound
from lampas.store.models import Ref, Repository


@dataclass(frozen=True)
class RepositoryRow:
    """A repository: where git finds it, its default branch, and where that is ("" while it is empty)."""

    id: int
    name: str
    url: str
    default_branch: str
    head: str
    created: datetime


def url(name: str) -> str:
    """Where git finds a repository."""
    return f"{settings.CONFIGURATION.console_url}/git/{name}.git"


def page(before: int | None, limit: int) -> list[RepositoryRow]:
    """Repositories, newest first."""
    rows = Repository.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[:limit])
    heads = {
        (ref.repository_id, ref.name): ref.oid
        for ref in Ref.objects.filter(repository__in=found, name__startswith="refs/heads/")
    }
    return [_row(row, heads.get((row.pk, f"refs/heads/{row.default_branch}"), "")) for row in found]


def one(name: RepositoryName) -> RepositoryRow:
    """One repository.

    Raises:
        NotFound: There is none of this name.
    """
    row = Repository.objects.filter(name=name).first()
    if row is None:
        raise NotFound(f"there is no repository {name}", "list them: lampas repo list")
    refs = Ref.objects.filter(repository=row, name=f"refs/heads/{row.default_branch}")
    return _row(row, refs.values_list("oid", flat=True).first() or "")


def branches(name: RepositoryName) -> dict[str, str]:
    """Branches and tags of a repository by full name, each with the object it is at."""
    return dict(Ref.objects.filter(repository__name=name).order_by("name").values_list("name", "oid"))


def _row(row: Repository, head: str) -> RepositoryRow:
    return RepositoryRow(
        id=row.pk, name=row.name, url=url(row.name), default_branch=row.default_branch, head=head, created=row.created
    )
