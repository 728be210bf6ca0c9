"""What applications need at the heads: as the worker keeps it, and computed for what moved since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lampas.build import heads
from lampas.core.closure.mending import mendings
from lampas.core.closure.values import Missing
from lampas.core.names import AppName, RepositoryName
from lampas.queries import code
from lampas.store import needs
from lampas.store.needs import FilePlace, Head


@dataclass(frozen=True)
class Unresolved:
    """An import of an application that leads nowhere, and what would mend it, the likeliest first.

    `stops`: a build stops for it. `optional`: the code says that it can do without.
    """

    application: str
    name: str
    repository: str
    file: str
    line: int
    optional: bool
    waived: str
    stops: bool
    mend: list[str]


@dataclass(frozen=True)
class Problem:
    """Why an application has no closure at the heads."""

    application: str
    problem: str


def needing(repository: RepositoryName, paths: Collection[str]) -> dict[str, list[str]]:
    """Path → the applications that need it at the heads, sorted; those that none needs are left out."""
    sets, found = needs.sets_with(repository, paths), {path: set[str]() for path in paths}
    rows, others = _now()
    for app, _, number in rows:
        for path in sets.get(number, ()):
            found[path].add(app)
    for head in others:
        for path in paths:
            if (repository, path) in head.places:
                found[path].add(head.application)
    return {path: sorted(apps) for path, apps in found.items() if apps}


def needed() -> dict[FilePlace, list[str]]:
    """Every file that an application needs at the heads, with the applications."""
    rows, others = _now()
    found: dict[FilePlace, list[str]] = {}
    by_set: dict[int, list[str]] = {}
    for app, _, number in rows:
        by_set.setdefault(number, []).append(app)
    for number, apps in by_set.items():
        for place in needs.places_of([number]):
            found.setdefault(place, []).extend(apps)
    for head in others:
        for place in head.places:
            found.setdefault(place, []).append(head.application)
    return {place: sorted(apps) for place, apps in found.items()}


def unresolved(*, everything: bool = False) -> tuple[list[Unresolved], list[Problem]]:
    """What leads nowhere in all applications, what stops a build first; and what has no closure at all.

    Args:
        everything: Whether what is waived is listed too.
    """
    kept, behind = needs.heads(), heads.behind(code.reader()) if _moved() else None
    fresh = {head.application: head for head in behind.changed} if behind is not None else {}
    there = behind.applications if behind is not None else None
    rows: list[tuple[str, str, Any]] = [
        (row.application, row.problem, row.unresolved)
        for row in kept
        if AppName(row.application) not in fresh and (there is None or row.application in there)
    ]
    rows += [(head.application, head.problem, head.unresolved) for head in fresh.values()]
    found = [_unresolved(app, raw) for app, _, missing in rows for raw in missing]
    listed = [row for row in found if everything or not row.waived]
    listed.sort(key=lambda row: (not row.stops, row.optional, row.application, row.repository, row.file, row.line))
    return listed, sorted(
        (Problem(app, problem) for app, problem, _ in rows if problem), key=lambda one: one.application
    )


def _unresolved(app: str, raw: Mapping[str, Any]) -> Unresolved:
    missing = Missing(**raw)
    mend = list(mendings(app, missing))
    return Unresolved(
        app, missing.name, missing.repository, missing.file, missing.line, missing.optional, missing.waived,
        missing.stops, mend,
    )  # fmt: skip


def _moved() -> bool:
    return heads.stand() != needs.stands_for()


def _now() -> tuple[list[tuple[str, str, int]], list[Head]]:
    """What is kept and holds, as (application, problem, set); and what holds instead where the heads moved since."""
    rows = needs.sets_of_heads()
    if not _moved():
        return rows, []
    behind = heads.behind(code.reader())
    gone = {head.application for head in behind.changed}
    return [row for row in rows if row[0] in behind.applications and row[0] not in gone], list(behind.changed)
