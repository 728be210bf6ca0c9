"""What does an application need, why, and who needs a module?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lampas.build import closures
from lampas.core.closure.compute import why as shortest
from lampas.core.closure.values import Closure
from lampas.core.names import AppName, RepositoryName
from lampas.dispatch.building import AgentWheelBuilder
from lampas.errors import LampasError
from lampas.queries import code, comparison, definitions, modules, nodes, releases
from lampas.store.models import Application, Release


@dataclass(frozen=True)
class ReleaseName:
    """A release that holds a module, and how it stands."""

    app: str
    number: int
    state: str


@dataclass(frozen=True)
class Impact:
    """Who needs a module: applications by what they need now, releases that hold it, nodes where one of them runs."""

    repository: str
    module: str
    path: str
    applications: list[str]
    releases: list[ReleaseName]
    nodes: list[str]


def of(app: AppName, at: str | None = None) -> Closure:
    """The closure of an application at a ref of its repository.

    Raises:
        NotFound: No such application or ref.
        InvalidInput: Its definition cannot be used.
        Unresolved: Its entry or a link leads to nothing.
    """
    definition = definitions.in_force(app, at)
    return closures.compute(code.reader(), definition, definition.commit, builder=AgentWheelBuilder())


def difference(app: AppName, at: str | None, against: str) -> comparison.Difference:
    """What changed in an application's closure from `against` to `at`. Raises as `of` does."""
    return comparison.closures(of(app, against).public(), of(app, at).public())


def why(app: AppName, name: str) -> list[dict[str, Any]]:
    """The shortest chain from an application to a module or distribution. Raises as `of` does.

    Raises:
        NotFound: It is not in the closure.
    """
    return [edge.public() for edge in shortest(of(app), name)]


def impact(repository: RepositoryName, name: str) -> Impact:
    """Who needs a module, by the closures that releases recorded; of what was never built, by its closure now.

    Raises:
        NotFound: No such repository or module.
    """
    module = modules.find(repository, name, None)
    wanted = [{"repository": repository, "path": module.path}]
    holding = Release.objects.filter(closure__members__contains=wanted, application__deleted=None)
    rows = list(holding.order_by("-id").values_list("application__name", "number", "state"))
    held = {(app, number) for app, number, _ in rows}
    running = {item.node for item in nodes.running(applications=None) if (item.app, item.release) in held}
    return Impact(
        repository=repository,
        module=module.module,
        path=module.path,
        applications=_applications(repository, module.path, held),
        releases=_stand(rows),
        nodes=sorted(running),
    )


def _stand(rows: Sequence[tuple[str, int, str]]) -> list[ReleaseName]:
    now = {app: releases.standing(AppName(app)) for app in {app for app, _, _ in rows}}
    return [ReleaseName(app, number, now[app].state(number, state)) for app, number, state in rows]


def _applications(repository: RepositoryName, path: str, held: set[tuple[str, int]]) -> list[str]:
    """Applications whose newest release holds the module, or whose closure does where they have no release."""
    newest = dict(Release.objects.order_by("number").values_list("application__name", "number"))
    found = []
    for app in Application.objects.filter(deleted=None).values_list("name", flat=True):
        needs = (app, newest[app]) in held if app in newest else _needs(AppName(app), repository, path)
        if needs:
            found.append(app)
    return sorted(found)


def _needs(app: AppName, repository: RepositoryName, path: str) -> bool:
    try:
        return any((item.repository, item.path) == (repository, path) for item in of(app).members)
    except LampasError:
        return False
