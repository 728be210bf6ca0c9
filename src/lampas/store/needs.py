"""Who needs a file: the closures at the heads and those of releases, kept the other way round. Projections all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from lampas.core.names import AppName, Oid, RepositoryName
from lampas.store.models import HeadClosure, HeadsTable, LockRow, Place, PlaceInSet, PlaceSet, Ref, Release

FilePlace = tuple[RepositoryName, str]
_ROWS = 2000  # rows in one statement
_LONGEST = 512  # characters of a path that the table holds; longer ones stay out of it


@dataclass(frozen=True)
class Head:
    """What an application needs at the heads; see `HeadClosure`."""

    application: AppName
    key: str
    commits: Mapping[RepositoryName, Oid]
    places: frozenset[FilePlace]
    unresolved: Sequence[Mapping[str, Any]] = field(default=())
    problem: str = ""
    locked: bool = True


def keep(places: Iterable[FilePlace]) -> PlaceSet:
    """The set of some files, made if no closure had it yet."""
    wanted = sorted({(repository, path) for repository, path in places if len(path) <= _LONGEST})
    text = "\0".join(f"{repository}\0{path}" for repository, path in wanted)
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
    found: PlaceSet | None = PlaceSet.objects.filter(digest=digest).first()
    if found is not None:
        return found
    ids = _ids(wanted)
    with transaction.atomic():
        made, new = PlaceSet.objects.get_or_create(digest=digest)
        if new:
            _fill(made.pk, ids)
    return made


def of_closure(closure: Mapping[str, Any]) -> PlaceSet:
    """The set of what a release recorded."""
    return keep((RepositoryName(row["repository"]), row["path"]) for row in closure.get("members", ()))


def _ids(wanted: Sequence[FilePlace]) -> list[int]:
    rows = [Place(repository=repository, path=path) for repository, path in wanted if path.isprintable()]
    known = _known(rows)
    fresh = [row for row in rows if (row.repository, row.path) not in known]
    if fresh:
        Place.objects.bulk_create(fresh, batch_size=_ROWS, ignore_conflicts=True)
        known |= _known(fresh)
    return sorted(known.values())


def _known(rows: Sequence[Place]) -> dict[FilePlace, int]:
    found: dict[FilePlace, int] = {}
    for repository in sorted({row.repository for row in rows}):
        paths = [row.path for row in rows if row.repository == repository]
        for start in range(0, len(paths), _ROWS):
            some = Place.objects.filter(repository=repository, path__in=paths[start : start + _ROWS])
            found |= {(RepositoryName(repository), path): pk for path, pk in some.values_list("path", "pk")}
    return found


def _fill(pk: int, ids: Sequence[int]) -> None:
    # Thousands of rows of two columns: the ORM's bulk_create takes several times as long as the database does.
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _ROWS):
            some = ids[start : start + _ROWS]
            values = [value for place in some for value in (place, pk)]
            rows = ", ".join(["(%s, %s)"] * len(some))
            cursor.execute(f"INSERT INTO lampas_placeinset (place_id, set_id) VALUES {rows}", values)  # noqa: S608


def sets_with(repository: RepositoryName, paths: Collection[str]) -> dict[int, set[str]]:
    """The sets that hold some files, each with those that it holds."""
    found: dict[int, set[str]] = {}
    wanted = sorted(paths)
    for start in range(0, len(wanted), _ROWS):
        some = wanted[start : start + _ROWS]
        rows = PlaceInSet.objects.filter(place__repository=repository, place__path__in=some)
        for number, path in rows.values_list("set_id", "place__path"):
            found.setdefault(number, set()).add(path)
    return found


def places_of(sets: Collection[int]) -> set[FilePlace]:
    """All files of some sets."""
    rows = PlaceInSet.objects.filter(set__in=list(sets)).values_list("place__repository", "place__path").distinct()
    return {(RepositoryName(repository), path) for repository, path in rows}


def heads() -> list[HeadClosure]:
    """What is kept of all applications, by name."""
    return list(HeadClosure.objects.select_related("places").order_by("application"))


def sets_of_heads() -> list[tuple[str, str, int]]:
    """Of each application: its name, why it has no closure ("" where it has one), its set."""
    return list(HeadClosure.objects.values_list("application", "problem", "places_id"))


def save(head: Head) -> None:
    """Keeps what an application needs, instead of what it needed."""
    values = {
        "key": head.key,
        "commits": dict(head.commits),
        "places": keep(head.places),
        "unresolved": [dict(row) for row in head.unresolved],
        "problem": head.problem,
        "locked": head.locked,
    }
    HeadClosure.objects.update_or_create(application=head.application, defaults=values)


def moved(application: AppName, commits: Mapping[RepositoryName, Oid]) -> None:
    """Says that an application needs at other commits just what is kept."""
    HeadClosure.objects.filter(application=application).update(commits=dict(commits))


def settle(applications: Collection[AppName], stand: str) -> None:
    """Lets go of what is no application any more, and says what the rest stands for."""
    HeadClosure.objects.exclude(application__in=list(applications)).delete()
    HeadsTable.objects.update_or_create(pk=1, defaults={"stand": stand})
    PlaceSet.objects.filter(heads=None, releases=None).delete()


def stands_for() -> str:
    """What the rows stand for, as `settle` was told; "" before."""
    return HeadsTable.objects.values_list("stand", flat=True).first() or ""


def stand(version: str) -> str:
    """The hash of everything that closures at the heads follow from.

    Args:
        version: How closures are computed.
    """
    refs = Ref.objects.order_by("repository__name", "name")
    rows = list(refs.values_list("repository__name", "repository__default_branch", "name", "oid"))
    locks = LockRow.objects.order_by("-created").values_list("inputs", flat=True).first() or ""
    return hashlib.sha256(repr((version, rows, locks)).encode(errors="surrogateescape")).hexdigest()


def fill_releases(most: int = 200) -> int:
    """Makes the sets of releases that an earlier LAMPAS built, or that a rebuild let go. Returns how many it made."""
    rows = list(Release.objects.filter(places=None).order_by("-pk").only("pk", "closure")[:most])
    for row in rows:
        Release.objects.filter(pk=row.pk).update(places=of_closure(row.closure))
    return len(rows)


def forget() -> bool:
    """Lets all of it go, so that it is made anew. Returns whether the sets of releases were wrong before."""
    kept = Release.objects.exclude(places=None).values_list("closure", "places")
    wrong = any(of_closure(closure).pk != number for closure, number in kept)
    Release.objects.exclude(places=None).update(places=None)
    HeadsTable.objects.all().delete()
    HeadClosure.objects.all().delete()
    PlaceSet.objects.all().delete()
    Place.objects.all().delete()
    return wrong


def releases_with(sets: Collection[int]) -> list[tuple[str, int, str, int]]:
    """Releases of applications that are there and have one of some sets, newest first: application, number, what was
    written down of it, set."""
    rows = Release.objects.filter(places__in=list(sets), application__deleted=None).order_by("-pk")
    return list(rows.values_list("application__name", "number", "state", "places_id"))
