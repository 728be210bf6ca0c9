"""Definitions as actions need them: the one in force, and whether an application is there at all."""

from __future__ import annotations

from django.conf import settings

from lampas.actions import code
from lampas.build import definitions
from lampas.core.definition.availability import check_available
from lampas.core.definition.hosts import check_hosts
from lampas.core.definition.parsing import parse_app
from lampas.core.definition.values import Definition
from lampas.core.names import AppName
from lampas.errors import NotFound
from lampas.store.models import Application
from lampas.store.releases import taken_hosts


def checked(text: str, app: AppName) -> Definition:
    """Reads a definition that is to be committed to `cluster`, and passes one that can be built and run here.

    Raises:
        InvalidInput: The definition cannot be used.
    """
    definition = parse_app(text, app)
    check_available(definition)
    check_hosts(definition, settings.CONFIGURATION.domain, taken_hosts(app))
    return definition


def in_force(app: AppName, at: str | None = None) -> Definition:
    """The definition that counts for an application, found for a commit of its repository.

    Args:
        app: The application.
        at: A branch, tag or commit of its repository; None: the default branch.

    Raises:
        NotFound: No such application, or it was deleted; no such ref.
        InvalidInput: The definition cannot be used.
    """
    standing(app)
    return definitions.find(code.reader(), app, at)


def standing(app: AppName) -> None:
    """Passes an application that was not deleted.

    Raises:
        NotFound: It was.
    """
    if Application.objects.filter(name=app).exclude(deleted=None).exists():
        raise NotFound(f"the application {app} was deleted", f"make it anew: lampas app create {app}")
