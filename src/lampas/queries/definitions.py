"""Which definitions are there, and which one is in force?"""

from __future__ import annotations

from lampas.build import definitions
from lampas.core.definition.values import Definition
from lampas.core.names import AppName
from lampas.errors import LampasError, NotFound
from lampas.queries import code
from lampas.store.models import Application


def in_force(app: AppName, at: str | None = None) -> Definition:
    """The definition that counts for an application, at a ref of its repository (None: the default branch).

    Raises:
        NotFound: No such application or ref, or it was deleted.
        InvalidInput: The definition cannot be used.
    """
    if Application.objects.filter(name=app).exclude(deleted=None).exists():
        raise NotFound(f"the application {app} was deleted", "list what is there: lampas app list")
    return definitions.find(code.reader(), app, at)


def in_force_or_none(app: AppName) -> Definition | None:
    """The same for lists: None where there is none that can be used."""
    try:
        return in_force(app)
    except LampasError:
        return None


def every() -> dict[AppName, Definition]:
    """All definitions that can be used, at the heads of the default branches."""
    found = definitions.find_all(code.reader())
    return {app: item for app, item in found.items() if isinstance(item, Definition)}


def problem(app: AppName) -> str:
    """Why the definition of an application cannot be used; "" where it can."""
    try:
        in_force(app)
    except LampasError as error:
        return f"{error.message}; {error.remedy}" if error.remedy else error.message
    return ""
