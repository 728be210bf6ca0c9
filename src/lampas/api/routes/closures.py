"""Closures: what an application needs, why, who needs a module, what leads nowhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from lampas.api.permissions import declared
from lampas.core.accounts import Permission
from lampas.core.names import AppName, RepositoryName
from lampas.errors import InvalidInput
from lampas.queries import closures, comparison, heads, impact

router = Router(tags=["closures"])


class Chain(Schema):
    """The shortest chain, from the application to what was asked for."""

    chain: list[dict[str, Any]]


class ChangeIn(Schema):
    """The files of a change."""

    paths: list[str]


class UnresolvedOut(Schema):
    """What leads nowhere; and applications that have no closure at all, with the reason."""

    unresolved: list[heads.Unresolved]
    problems: list[heads.Problem]


@router.get("/applications/{app}/closure", response=dict[str, Any] | comparison.Difference)
@declared(Permission.VIEW, application="app")
def closure(
    request: HttpRequest, app: str, at: str | None = None, against: str | None = None
) -> dict[str, Any] | comparison.Difference:
    """Everything that an application needs; with `against`: what changed since."""
    if against is not None:
        return closures.difference(AppName(app), at, against)
    return closures.of(AppName(app), at).public()


@router.get("/applications/{app}/why", response=Chain)
@declared(Permission.VIEW, application="app")
def why(request: HttpRequest, app: str, module: str, at: str | None = None, release: int | None = None) -> Chain:
    """The shortest chain to a module or distribution: at a ref, or in a release as it was recorded."""
    if release is not None and at is not None:
        raise InvalidInput("a release has one commit", "give either at or release")
    name = AppName(app)
    found = closures.why(name, module, at) if release is None else closures.why_in(name, release, module)
    return Chain(chain=found)


@router.get("/impact", response=impact.Impact)
@declared(Permission.VIEW)
def who(request: HttpRequest, module: str) -> impact.Impact:
    """Who needs a module, REPO:MODULE: applications, releases, nodes."""
    repository, separator, name = module.partition(":")
    if not separator or not name:
        raise InvalidInput(f"{module!r} names no module", "write REPO:MODULE, shop:shop.cart for example")
    return impact.of(RepositoryName(repository), name)


@router.post("/repositories/{repository}/impact", response=impact.Touched)
@declared(Permission.VIEW)
def touched(request: HttpRequest, repository: str, body: ChangeIn) -> impact.Touched:
    """Who a change of some files touches, before it is made. A URL could not hold all of them."""
    return impact.touched(RepositoryName(repository), body.paths)


@router.get("/modules/unresolved", response=UnresolvedOut)
@declared(Permission.VIEW)
def unresolved(request: HttpRequest, waived: bool = False) -> UnresolvedOut:
    """What leads nowhere, in all applications, with what would mend it."""
    found, problems = heads.unresolved(everything=waived)
    return UnresolvedOut(unresolved=found, problems=problems)
