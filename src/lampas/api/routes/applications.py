"""Applications: make, list, look, settings."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from lampas.actions.change_environment import ChangeEnvironment
from lampas.actions.create_application import CreateApplication
from lampas.actions.define_application import DefineApplication
from lampas.actions.delete_application import DeleteApplication
from lampas.actions.frame import perform
from lampas.api.permissions import actor, declared
from lampas.api.routes.traffic import Accepted, OperationId, accept
from lampas.core.accounts import Permission
from lampas.core.definition.values import Definition
from lampas.core.names import AppName, app_name, repository_name
from lampas.errors import InvalidInput
from lampas.queries import applications, paging
from lampas.queries.rights import visible

router = Router(tags=["applications"])


class ApplicationIn(Schema):
    """An application to make; the keys are those of `lampas.toml`."""

    name: str
    repository: str
    entry: str
    runtime: Literal["python", "perl"] = "python"
    root: str = ""
    links: list[str] = Field(default_factory=list)
    uses: dict[str, str] = Field(default_factory=dict)
    requirements: str | list[str] | None = None
    database: Literal["none", "own"] = "none"
    persist: list[str] = Field(default_factory=list)
    hosts: list[str] = Field(default_factory=list)
    static: dict[str, str] = Field(default_factory=dict)
    processes: int = 2
    threads: int = 15
    env: dict[str, str] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)


class Made(Schema):
    """The application, and the commit of its definition."""

    name: str
    commit: str


class Applications(Schema):
    """A page of applications."""

    apps: list[applications.ApplicationRow]
    next: int | None


class DefinitionIn(Schema):
    """The text of `apps/NAME.toml`, whole."""

    text: str


class DeleteIn(Schema):
    """The name once more, so that nobody deletes what they did not mean."""

    confirm: str


class EnvironmentIn(Schema):
    """Variables to set, and names to take away."""

    set: dict[str, str] = Field(default_factory=dict)
    unset: list[str] = Field(default_factory=list)


class EnvironmentOut(Schema):
    """The commit of the change, and what has it: the release that was made at once, or the operation that builds one.
    Neither: there is no release yet."""

    name: str
    commit: str
    number: int | None
    operation: OperationId | None


@router.post("/applications", response={201: Made})
@declared(CreateApplication, application="name")
def create(request: HttpRequest, body: ApplicationIn) -> Status[Made]:
    """Makes an application: writes its definition to the repository `cluster`."""
    definition = _definition(body)
    commit = perform(CreateApplication(definition), actor(request))
    return Status(201, Made(name=definition.name, commit=commit))


@router.get("/applications", response=Applications)
@declared(Permission.VIEW, some=True)
def index(request: HttpRequest, before: int | None = None, limit: int = paging.DEFAULT) -> Applications:
    """Applications, newest first."""
    rows = applications.page(visible(actor(request)), before, paging.bounded(limit))
    return Applications(apps=rows, next=paging.following(rows, limit))


@router.get("/applications/{app}", response=applications.ApplicationDetail)
@declared(Permission.VIEW, application="app")
def show(request: HttpRequest, app: str) -> applications.ApplicationDetail:
    """One application with its definition in force and its versions."""
    return applications.one(AppName(app))


@router.put("/applications/{app}/definition", response=Made)
@declared(DefineApplication, application="app")
def define(request: HttpRequest, app: str, body: DefinitionIn) -> Made:
    """Makes or changes an application by the text of its definition."""
    name = app_name(app)
    return Made(name=name, commit=perform(DefineApplication(name, body.text), actor(request)))


@router.delete("/applications/{app}", response={202: Accepted})
@declared(DeleteApplication, application="app")
def delete(request: HttpRequest, app: str, body: DeleteIn) -> Status[Accepted]:
    """Stops an application and forgets it."""
    return accept(request, DeleteApplication(AppName(app), body.confirm))


@router.patch("/applications/{app}/env", response=EnvironmentOut)
@declared(ChangeEnvironment, application="app")
def change_environment(request: HttpRequest, app: str, body: EnvironmentIn) -> EnvironmentOut:
    """Changes settings, in the file in force; the next release has them."""
    both = sorted(set(body.set) & set(body.unset))
    if both:
        raise InvalidInput(f"{', '.join(both)} cannot be set and taken away at once")
    changes: dict[str, str | None] = {**body.set, **dict.fromkeys(body.unset)}
    done = perform(ChangeEnvironment(AppName(app), changes), actor(request))
    operation = OperationId(id=done.operation) if done.operation is not None else None
    return EnvironmentOut(name=app, commit=done.commit, number=done.number, operation=operation)


def _definition(body: ApplicationIn) -> Definition:
    """The values as given; the action renders them and reads them back, so each is checked as in a file."""
    name = app_name(body.name)
    wanted = body.requirements
    return Definition(
        name=name,
        repository=repository_name(body.repository),
        entry=body.entry,
        file=f"apps/{name}.toml",
        runtime=body.runtime,
        root=body.root,
        links=tuple(body.links),
        uses=body.uses,
        requirements=tuple(wanted) if isinstance(wanted, list) else wanted,
        database=body.database,
        persist=tuple(body.persist),
        hosts=tuple(body.hosts),
        static=body.static,
        processes=body.processes,
        threads=body.threads,
        env=body.env,
        files=body.files,
    )
