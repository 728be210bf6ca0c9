"""Who needs a file: applications at the heads, releases with a place on the nodes, the nodes themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lampas.core.names import AppName, RepositoryName
from lampas.errors import InvalidInput, NotFound
from lampas.queries import heads, modules, nodes, releases
from lampas.store import needs
from lampas.store.models import Place, Release, Repository

MOST = 2000  # files that one question may name


@dataclass(frozen=True)
class ReleaseName:
    """A release that holds one of the files: how it stands, and its share of the traffic in percent."""

    app: str
    number: int
    state: str
    traffic: int


@dataclass(frozen=True)
class Impact:
    """Who needs a module: applications by what they need now, releases that hold it and run, nodes where they do.

    `stopped` counts the releases that hold it and have no place on the nodes.
    """

    repository: str
    module: str
    path: str
    applications: list[str]
    releases: list[ReleaseName]
    nodes: list[str]
    stopped: int


@dataclass(frozen=True)
class FileNeed:
    """One file of a change, with the applications that need it now; none: nothing needs it, or it is not there yet."""

    path: str
    applications: list[str]


@dataclass(frozen=True)
class Touched:
    """Who a change of some files touches."""

    repository: str
    files: list[FileNeed]
    applications: list[str]
    releases: list[ReleaseName]
    nodes: list[str]
    stopped: int


def of(repository: RepositoryName, name: str) -> Impact:
    """Who needs a module, by its import name or its path. What is gone from the head is found by its path.

    Raises:
        NotFound: No such repository or module.
    """
    try:
        module = modules.find(repository, name, None)
        shown, path = module.module, module.path
    except NotFound:
        if not Place.objects.filter(repository=repository, path=name, sets__releases__isnull=False).exists():
            raise
        shown = path = name
    found = touched(repository, [path])
    return Impact(repository, shown, path, found.applications, found.releases, found.nodes, found.stopped)


def touched(repository: RepositoryName, paths: Collection[str]) -> Touched:
    """Who a change of some files touches.

    Raises:
        NotFound: No such repository.
        InvalidInput: Too many files.
    """
    if not Repository.objects.filter(name=repository).exists():
        raise NotFound(f"there is no repository {repository}", "list them: lampas repo list")
    wanted = sorted(set(paths))
    if len(wanted) > MOST:
        raise InvalidInput(f"{len(wanted):,} files are more than {MOST:,}", "ask for them in parts")
    by_path = heads.needing(repository, wanted)
    rows = _holding(repository, wanted)
    standing, stopped = _standing(rows)
    held = {(one.app, one.number) for one in standing}
    observed = nodes.running(applications=sorted({app for app, _ in held})) if held else []
    return Touched(
        repository=repository,
        files=[FileNeed(path, by_path.get(path, [])) for path in wanted],
        applications=sorted({app for apps in by_path.values() for app in apps}),
        releases=standing,
        nodes=sorted({item.node for item in observed if (item.app, item.release) in held}),
        stopped=stopped,
    )


def _holding(repository: RepositoryName, paths: Sequence[str]) -> list[tuple[str, int, str]]:
    rows = [row[:3] for row in needs.releases_with(list(needs.sets_with(repository, paths)))]
    wanted = set(paths)
    fresh = Release.objects.filter(places=None, application__deleted=None)  # the worker has not come to them yet
    for app, number, state, closure in fresh.values_list("application__name", "number", "state", "closure"):
        if any(row["repository"] == repository and row["path"] in wanted for row in closure.get("members", ())):
            rows.append((app, number, state))
    return rows


def _standing(rows: Sequence[tuple[str, int, str]]) -> tuple[list[ReleaseName], int]:
    """Those with a place on the nodes or traffic, the most traffic first; and how many others there are."""
    now = {app: releases.standing(AppName(app)) for app in {app for app, _, _ in rows}}
    named = [
        ReleaseName(app, number, now[app].state(number, state), now[app].traffic.get(str(number), 0))
        for app, number, state in rows
    ]
    found = [one for one in named if one.state in ("live", "warm")]
    return sorted(found, key=lambda one: (-one.traffic, one.app, -one.number)), len(named) - len(found)
