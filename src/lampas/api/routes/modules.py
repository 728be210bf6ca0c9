"""Modules: by name, with what they name."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.actions.frame import perform
from lampas.actions.rebuild_projections import RebuildProjections
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.core.names import RepositoryName
from lampas.queries import graph, modules

router = Router(tags=["modules"])


class Cycles(Schema):
    """Circles of imports."""

    cycles: list[graph.Cycle]


class Rebuilt(Schema):
    """Whether what was rebuilt was different before."""

    differed: bool


class DeadModules(Schema):
    """What nothing live needs."""

    modules: list[graph.Dead]


@router.get("/repositories/{repository}/find", response=modules.ModuleName)
@declared(Permission.VIEW)
def find(request: HttpRequest, repository: str, module: str, at: str | None = None) -> modules.ModuleName:
    """A module by its import name or its path."""
    return modules.find(RepositoryName(repository), module, at)


@router.get("/repositories/{repository}/module", response=modules.ModuleDetail)
@declared(Permission.VIEW)
def show(request: HttpRequest, repository: str, path: str, at: str | None = None) -> modules.ModuleDetail:
    """One module with what it names."""
    return modules.show(RepositoryName(repository), path, at)


@router.get("/modules/cycles", response=Cycles)
@declared(Permission.VIEW)
def cycles(request: HttpRequest, repository: str | None = None) -> Cycles:
    """Modules that import each other in a circle."""
    return Cycles(cycles=graph.cycles(repository))


@router.get("/modules/dead", response=DeadModules)
@declared(Permission.VIEW)
def dead(request: HttpRequest, repository: str | None = None) -> DeadModules:
    """Code that no live or warm release holds, with the applications that need it at the heads."""
    return DeadModules(modules=graph.dead(repository))


@router.post("/rebuild", response=Rebuilt)
@declared(RebuildProjections)
def rebuild(request: HttpRequest) -> Rebuilt:
    """Recreates every projection from the truth; says whether it differed."""
    return Rebuilt(differed=perform(RebuildProjections(), actor(request)))
