"""Releases: numbers given out one by one, rows written once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from lampas.core.names import AppName, ReleaseId
from lampas.errors import NotFound
from lampas.store.models import Application, Release

_ROWS = 2000  # rows in one INSERT


@dataclass(frozen=True)
class NewRelease:
    """Everything that a release's row holds when it is made; see `Release`."""

    release_id: ReleaseId
    tree: str
    manifest: str
    repository: str
    commit: str
    definition_commit: str
    definition: dict[str, Any]
    closure: dict[str, Any]
    env: dict[str, str]
    author: str
    hooks: str = ""
    inputs: str = ""
    base: int | None = None
    compressed: bool = True


def by_id(app: AppName, release_id: ReleaseId) -> Release | None:
    """The release that these inputs gave before."""
    found: Release | None = Release.objects.filter(application__name=app, release_id=release_id).first()
    return found


def numbered(app: AppName, number: int) -> Release:
    """A release of an application that is there.

    Raises:
        NotFound: There is none of this number.
    """
    rows = Release.objects.filter(application__name=app, application__deleted=None, number=number)
    found: Release | None = rows.select_related("application").first()
    if found is None:
        raise NotFound(f"{app} has no release {number}", f"list them: lampas release list {app}")
    return found


def add(app: AppName, new: NewRelease, artifacts: Collection[str]) -> tuple[Release, bool]:
    """Gives a release the next number of its application and writes it with what it needs, all or nothing.

    The application's row is locked, so two builds at once get numbers one after the other; if another one was faster
    with the same inputs, its release is the result.

    Args:
        app: The application; its row is made if this is its first release.
        new: The release.
        artifacts: The sha256 of all its content, kept already.

    Returns:
        The release, and whether it is new.
    """
    Application.objects.get_or_create(name=app)
    with transaction.atomic():
        release, made = _numbered(app, new)
        if made:
            _needs(release.pk, sorted(set(artifacts)))
    return release, made


def derive(base: Release, new: NewRelease) -> tuple[Release, bool]:
    """As `add`, for a release that has the content of another one: only its manifest is its own."""
    with transaction.atomic():
        release, made = _numbered(AppName(base.application.name), new)
        if made:
            _needs_as(release.pk, base)
            _needs(release.pk, [new.manifest])
    return release, made


def newest_verified(app: AppName) -> Release | None:
    """The newest release that was proven to start."""
    rows = Release.objects.filter(application__name=app, state="verified", application__deleted=None)
    found: Release | None = rows.select_related("application").order_by("-number").first()
    return found


def _numbered(app: AppName, new: NewRelease) -> tuple[Release, bool]:
    application = Application.objects.select_for_update().get(name=app)
    existing = Release.objects.filter(application=application, release_id=new.release_id).first()
    if existing is not None:
        return existing, False
    last = Release.objects.filter(application=application).order_by("-number").values_list("number", flat=True)
    number = (last.first() or 0) + 1
    return Release.objects.create(application=application, number=number, state="built", **vars(new)), True


def settle(release: Release, ok: bool, log: str) -> None:
    """Records what verification found."""
    release.state = "verified" if ok else "failed"
    release.verified_log = log
    release.save(update_fields=["state", "verified_log"])


def taken_hosts(app: AppName) -> dict[str, str]:
    """The hosts that the newest release of each other application has, with the application."""
    others = Release.objects.filter(application__deleted=None).exclude(application__name=app).exclude(state="failed")
    newest = others.values("application").annotate(newest=Max("pk")).values_list("newest", flat=True)
    rows = Release.objects.filter(pk__in=list(newest)).values_list("application__name", "definition__hosts")
    return {host: name for name, hosts in rows for host in hosts or ()}


def _needs_as(release: int, base: Release) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lampas_releaseartifact (release_id, artifact_id) SELECT %s, artifact_id"
            " FROM lampas_releaseartifact WHERE release_id = %s AND artifact_id <> %s",
            [release, base.pk, base.manifest],
        )


def _needs(release: int, artifacts: list[str]) -> None:
    # Thousands of rows of two columns: the ORM's bulk_create takes several times as long as the database does.
    statement = "INSERT INTO lampas_releaseartifact (release_id, artifact_id) VALUES "
    with connection.cursor() as cursor:
        for start in range(0, len(artifacts), _ROWS):
            some = artifacts[start : start + _ROWS]
            values = [value for artifact in some for value in (release, artifact)]
            cursor.execute(statement + ", ".join(["(%s, %s)"] * len(some)), values)
