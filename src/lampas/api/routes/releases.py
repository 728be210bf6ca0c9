"""Releases: build, look, compare, take out, prune."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from lampas.actions.prune_releases import PruneReleases
from lampas.actions.request_build import RequestBuild
from lampas.api.permissions import declared
from lampas.api.routes.traffic import Accepted, accept
from lampas.core.accounts import Permission
from lampas.core.names import AppName
from lampas.queries import archive, comparison, leaving, paging, releases

router = Router(tags=["releases"])


class BuildIn(Schema):
    """What to build: a branch, tag or commit (left out: the default branch), or what the release `from` was built from;
    and revisions of single files, PATH, MODULE or REPO:MODULE → a branch, tag or commit."""

    at: str | None = None
    pins: dict[str, str] = Field(default_factory=dict)
    base: int | None = Field(None, alias="from")


class Releases(Schema):
    """A page of releases."""

    releases: list[releases.Version]
    next: int | None


class PruneIn(Schema):
    """How many of the newest stay."""

    keep: int = 10


class PrunePlan(Schema):
    """What would go: releases, pieces of content that nothing else needs, and their size in bytes."""

    name: str
    pruned: list[int]
    content: int
    bytes: int


@router.post("/applications/{app}/releases", response={202: Accepted})
@declared(RequestBuild, application="app")
def build(request: HttpRequest, app: str, body: BuildIn) -> Status[Accepted]:
    """Builds a release."""
    return accept(request, RequestBuild(AppName(app), body.at, body.pins, body.base))


@router.get("/applications/{app}/releases", response=Releases)
@declared(Permission.VIEW, application="app")
def index(request: HttpRequest, app: str, before: int | None = None, limit: int = paging.DEFAULT) -> Releases:
    """Releases, newest first."""
    rows = releases.page(AppName(app), before, paging.bounded(limit))
    following = rows[-1].number if len(rows) == paging.bounded(limit) else None
    return Releases(releases=rows, next=following)


@router.get("/applications/{app}/releases/prune", response=PrunePlan)
@declared(Permission.VIEW, application="app")
def plan_prune(request: HttpRequest, app: str, keep: int = 10) -> PrunePlan:
    """What would go if old releases were pruned now."""
    going = leaving.prunable(AppName(app), keep)
    return PrunePlan(name=app, pruned=list(going.numbers), content=len(going.content), bytes=going.bytes)


@router.get("/applications/{app}/releases/{int:number}/retirement", response=leaving.Retirement)
@declared(Permission.VIEW, application="app")
def retirement(request: HttpRequest, app: str, number: int) -> leaving.Retirement:
    """What retiring a release would mean."""
    return leaving.retirement(AppName(app), number)


@router.post("/applications/{app}/releases/prune", response={202: Accepted})
@declared(PruneReleases, application="app")
def prune(request: HttpRequest, app: str, body: PruneIn) -> Status[Accepted]:
    """Forgets old releases."""
    return accept(request, PruneReleases(AppName(app), body.keep))


@router.get("/applications/{app}/releases/{int:number}", response=releases.Detail)
@declared(Permission.VIEW, application="app")
def show(request: HttpRequest, app: str, number: int) -> releases.Detail:
    """One release, whole."""
    return releases.one(AppName(app), number)


@router.get("/applications/{app}/releases/{int:older}/diff/{int:newer}", response=comparison.ReleaseDifference)
@declared(Permission.VIEW, application="app")
def diff(request: HttpRequest, app: str, older: int, newer: int) -> comparison.ReleaseDifference:
    """What is different between two releases."""
    name = AppName(app)
    return comparison.releases(releases.row_of(name, older), releases.row_of(name, newer))


@router.get("/applications/{app}/releases/{int:number}/archive")
@declared(Permission.CODE, application="app")
def export(request: HttpRequest, app: str, number: int) -> StreamingHttpResponse:
    """A release's tree and wheels as a tar archive."""
    row = releases.row_of(AppName(app), number)
    archive.manifest_of(row)
    answer = StreamingHttpResponse(archive.stream(row), content_type="application/x-tar")
    answer["Content-Disposition"] = f'attachment; filename="{app}-{number}.tar"'
    return answer
