"""People, grants and permissions: who may do what, as values and one pure decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lampas.core.names import AppName
from lampas.errors import Denied


class Permission(StrEnum):
    """What an action, a page or a route asks for. Each asks for exactly one."""

    PUBLIC = "public"  # needs no login: the login page, static files, health
    VIEW = "view"
    CODE = "code"  # push, commit, create repositories, define applications
    BUILD = "build"
    DEPLOY = "deploy"  # deploy, traffic, rollback, retire, run
    NODES = "nodes"
    DATABASES = "databases"
    PEOPLE = "people"  # users, grants, tokens of others, audit


class Grant(StrEnum):
    """What a person may do, on everything or on one application."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    OPERATOR = "operator"
    DBA = "dba"
    ADMINISTRATOR = "administrator"


ALLOWS: dict[Grant, frozenset[Permission]] = {
    Grant.VIEWER: frozenset({Permission.VIEW}),
    Grant.DEVELOPER: frozenset({Permission.VIEW, Permission.CODE, Permission.BUILD, Permission.DEPLOY}),
    Grant.OPERATOR: frozenset({Permission.VIEW, Permission.DEPLOY, Permission.NODES}),
    Grant.DBA: frozenset({Permission.VIEW, Permission.DATABASES}),
    Grant.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True)
class Held:
    """One grant that somebody holds; `application` None: on everything."""

    grant: Grant
    application: AppName | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with what is granted, and by which door they came (a session, a token, the worker)."""

    name: str
    held: tuple[Held, ...]
    door: str

    def may(self, permission: Permission, application: AppName | None = None) -> bool:
        """Whether the grants cover `permission` on `application` (None: on everything)."""
        return permission is Permission.PUBLIC or any(
            permission in ALLOWS[held.grant] and held.application in (None, application) for held in self.held
        )

    def must(self, permission: Permission, application: AppName | None = None) -> None:
        """Refuses what the grants do not cover.

        Raises:
            Denied: They do not.
        """
        if not self.may(permission, application):
            where = f" on {application}" if application else ""
            raise Denied(
                f"{self.name} may not do this: it needs the permission '{permission}'{where}",
                "ask an administrator for a grant that has it",
            )
