"""Which applications are there, what defines one, and what is live of it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lampas.core.names import AppName
from lampas.errors import NotFound
from lampas.queries import addresses, definitions, releases
from lampas.store.models import Application, Release, TrafficRow

_VERSIONS = 50  # of an application that are shown with it; the rest are a list of their own


@dataclass(frozen=True)
class ApplicationRow:
    """An application as lists show it: `live` are the numbers that have traffic, `traffic` their shares in percent.

    `id` 0 and no `created`: a repository defines it, and it was never built.
    """

    id: int
    name: str
    runtime: str
    repository: str
    live: list[int]
    traffic: dict[str, int]
    url: str
    created: datetime | None


@dataclass(frozen=True)
class ApplicationDetail:
    """An application: its definition in force, where that stands (`source`, REPO:FILE), and its newest versions.

    `problem` says why the definition cannot be used; "" where it can.
    """

    name: str
    url: str
    source: str
    definition_commit: str
    definition: dict[str, Any]
    problem: str
    traffic: dict[str, int]
    versions: list[releases.Version]
    created: datetime | None


def page(names: list[str] | None, before: int | None, limit: int) -> list[ApplicationRow]:
    """Applications that were not deleted, newest first; `names` None: all."""
    rows = Application.objects.filter(deleted=None).order_by("-id")
    if names is not None:
        rows = rows.filter(name__in=names)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[:limit])
    newest = _newest(found)
    traffic = _traffic(found)
    known = [_row(row, newest.get(row.pk), traffic.get(row.pk, {})) for row in found]
    return known if before is not None else _only_defined(names) + known


def one(app: AppName) -> ApplicationDetail:
    """One application.

    Raises:
        NotFound: There is none of this name.
    """
    row = Application.objects.filter(name=app, deleted=None).first()
    definition = definitions.in_force_or_none(app)
    if row is None and definition is None:
        raise NotFound(f"there is no application {app}", "list them: lampas app list")
    recorded: dict[str, Any] = definition.recorded() if definition else {}
    return ApplicationDetail(
        name=app,
        url=addresses.application(app),
        source=f"{definition.defined_in}:{definition.file}" if definition else "",
        definition_commit=definition.definition_commit if definition else "",
        definition=recorded,
        problem="" if definition else definitions.problem(app),
        traffic=releases.standing(app).traffic,
        versions=releases.page(app, None, _VERSIONS) if row else [],
        created=row.created if row else None,
    )


def _only_defined(names: list[str] | None) -> list[ApplicationRow]:
    """Applications that a repository defines and that have no row yet."""
    rows = set(Application.objects.values_list("name", flat=True))
    return [
        ApplicationRow(0, app, found.runtime, found.repository, [], {}, addresses.application(app), None)
        for app, found in definitions.every().items()
        if app not in rows and (names is None or app in names)
    ]


def _row(row: Application, newest: tuple[str, str] | None, traffic: dict[str, int]) -> ApplicationRow:
    if newest is None:
        definition = definitions.in_force_or_none(AppName(row.name))
        newest = (definition.runtime, definition.repository) if definition else ("", "")
    live = sorted(int(number) for number, share in traffic.items() if share > 0)
    return ApplicationRow(
        id=row.pk,
        name=row.name,
        runtime=newest[0],
        repository=newest[1],
        live=live,
        traffic=traffic,
        url=addresses.application(row.name),
        created=row.created,
    )


def _newest(rows: list[Application]) -> dict[int, tuple[str, str]]:
    """Runtime and repository of each application's newest release."""
    found = (
        Release.objects.filter(application__in=rows)
        .order_by("number")
        .values_list("application_id", "definition__runtime", "repository")
    )
    return {pk: (runtime or "python", repository) for pk, runtime, repository in found}


def _traffic(rows: list[Application]) -> dict[int, dict[str, int]]:
    tables = TrafficRow.objects.filter(application__in=rows, undone=None).exclude(settled=None).order_by("id")
    return dict(tables.values_list("application_id", "table"))
