"""Repositories and their code."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status

from lampas.actions.create_repository import CreateRepository
from lampas.actions.frame import perform
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.core.names import RepositoryName, repository_name
from lampas.queries import paging, repositories

router = Router(tags=["code"])


class RepositoryIn(Schema):
    """A repository to make."""

    name: str


class Repositories(Schema):
    """A page of repositories."""

    repositories: list[repositories.RepositoryRow]
    next: int | None


class RepositoryOut(Schema):
    """A repository with its branches and tags by full name."""

    repository: repositories.RepositoryRow
    refs: dict[str, str]


@router.post("/repositories", response={201: repositories.RepositoryRow})
@declared(CreateRepository)
def create(request: HttpRequest, body: RepositoryIn) -> Status[repositories.RepositoryRow]:
    """Makes an empty repository."""
    name = repository_name(body.name)
    perform(CreateRepository(name), actor(request))
    return Status(201, repositories.one(name))


@router.get("/repositories", response=Repositories)
@declared(Permission.VIEW)
def index(request: HttpRequest, before: int | None = None, limit: int = paging.DEFAULT) -> Repositories:
    """Repositories, newest first."""
    rows = repositories.page(before, paging.bounded(limit))
    return Repositories(repositories=rows, next=paging.following(rows, limit))


@router.get("/repositories/{repository}", response=RepositoryOut)
@declared(Permission.VIEW)
def show(request: HttpRequest, repository: str) -> RepositoryOut:
    """One repository."""
    name = RepositoryName(repository)
    return RepositoryOut(repository=repositories.one(name), refs=repositories.branches(name))
