"""People, grants, tokens, login links, audit."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from lampas.actions.add_person import AddPerson
from lampas.actions.create_login_link import CreateLoginLink
from lampas.actions.create_token import CreateToken
from lampas.actions.frame import perform
from lampas.actions.grant import GrantTo
from lampas.actions.revoke_token import RevokeToken
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Grant, Permission
from lampas.core.names import app_name
from lampas.queries import audit, paging
from lampas.store import people, tokens

router = Router(tags=["accounts"])


class GrantOut(Schema):
    """One grant; `application` "": on everything."""

    grant: str
    application: str


class Me(Schema):
    """Who asks, and what is granted to them."""

    name: str
    door: str
    grants: list[GrantOut]


class TokenIn(Schema):
    """A token to make."""

    name: str = Field("token", min_length=1, max_length=64)
    days: float | None = Field(None, gt=0, le=3660)


class Tokens(Schema):
    """A page of tokens."""

    tokens: list[tokens.TokenRow]
    next: int | None


class PersonIn(Schema):
    """A person to add."""

    name: str
    email: str = Field("", max_length=255)


class People(Schema):
    """A page of people, by name."""

    users: list[people.PersonRow]
    next: str | None


class GrantIn(Schema):
    """What to grant; `application` left out: on everything."""

    grant: Grant
    application: str | None = None


class Granted(Schema):
    """What is granted now; `changed` False: it was before."""

    name: str
    grant: str
    application: str
    changed: bool


class Link(Schema):
    """A one-time login link."""

    name: str
    login: str


class Audit(Schema):
    """A page of the audit trail."""

    audit: list[audit.AuditEntry]
    next: int | None


@router.get("/me", response=Me)
@declared(Permission.PUBLIC, own=True)
def me(request: HttpRequest) -> Me:
    """Who asks."""
    who = actor(request)
    held = [GrantOut(grant=item.grant, application=item.application or "") for item in who.held]
    return Me(name=who.name, door=who.door, grants=held)


@router.post("/tokens", response={201: tokens.Issued})
@declared(CreateToken)
def create_token(request: HttpRequest, body: TokenIn) -> Status[tokens.Issued]:
    """Makes a token for oneself; its secret is in this answer and nowhere else."""
    lifetime = timedelta(days=body.days) if body.days is not None else None
    return Status(201, perform(CreateToken(body.name, lifetime), actor(request)))


@router.get("/tokens", response=Tokens)
@declared(Permission.PUBLIC, own=True)
def list_tokens(request: HttpRequest, before: int | None = None, limit: int = paging.DEFAULT) -> Tokens:
    """One's own tokens; with the permission `people`, everybody's."""
    who = actor(request)
    rows = tokens.page(None if who.may(Permission.PEOPLE) else who.name, before, paging.bounded(limit))
    return Tokens(tokens=rows, next=paging.following(rows, limit))


@router.delete("/tokens/{token}", response={204: None})
@declared(RevokeToken)
def revoke_token(request: HttpRequest, token: int) -> Status[None]:
    """Ends a token at once."""
    return Status(204, perform(RevokeToken(token), actor(request)))


@router.post("/users", response={201: PersonIn})
@declared(AddPerson)
def add_person(request: HttpRequest, body: PersonIn) -> Status[PersonIn]:
    """Adds a person."""
    perform(AddPerson(body.name, body.email), actor(request))
    return Status(201, body)


@router.get("/users", response=People)
@declared(Permission.PEOPLE)
def list_people(request: HttpRequest, after: str = "", limit: int = paging.DEFAULT) -> People:
    """People with their grants, by name."""
    rows = people.page(after, paging.bounded(limit))
    return People(users=rows, next=rows[-1].name if len(rows) == paging.bounded(limit) else None)


@router.post("/users/{name}/grants", response=Granted)
@declared(GrantTo)
def grant(request: HttpRequest, name: str, body: GrantIn) -> Granted:
    """Grants a person something."""
    on = app_name(body.application) if body.application else None
    changed = perform(GrantTo(name, body.grant, on), actor(request))
    return Granted(name=name, grant=body.grant, application=on or "", changed=changed)


@router.post("/users/{name}/login-links", response={201: Link})
@declared(CreateLoginLink)
def create_login_link(request: HttpRequest, name: str) -> Status[Link]:
    """Makes a one-time login link for a person."""
    secret = perform(CreateLoginLink(name), actor(request))
    return Status(201, Link(name=name, login=f"{settings.CONFIGURATION.console_url}/login/{secret}"))


@router.get("/audit", response=Audit)
@declared(Permission.PEOPLE)
def list_audit(
    request: HttpRequest,
    actor: str | None = None,
    application: str | None = None,
    before: int | None = None,
    limit: int = paging.DEFAULT,
) -> Audit:
    """The audit trail, newest first."""
    rows = audit.page(actor=actor, application=application, before=before, limit=paging.bounded(limit))
    return Audit(audit=rows, next=paging.following(rows, limit))


@router.get("/audit/verdict", response=audit.Verdict)
@declared(Permission.PEOPLE)
def verify_audit(request: HttpRequest) -> audit.Verdict:
    """Whether the audit trail is whole."""
    return audit.verify()
