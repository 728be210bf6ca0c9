"""Make an application: its definition becomes a file of the repository `cluster`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import code
from lampas.actions import definitions as defined
from lampas.actions.frame import Action
from lampas.build import definitions
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.rendering import render
from lampas.core.definition.values import Definition
from lampas.core.names import CLUSTER, AppName, Oid
from lampas.errors import Conflict, NotFound
from lampas.git.cluster import BRANCH
from lampas.store.models import Application


@dataclass(frozen=True)
class CreateApplication(Action[Oid]):
    """Writes `apps/NAME.toml` and commits it; returns the commit.

    Raises:
        Conflict: There is an application of this name.
        NotFound: No such repository.
        InvalidInput: The definition cannot be used.
    """

    name: ClassVar[str] = "app.create"
    permission: ClassVar[Permission] = Permission.CODE

    definition: Definition

    @property
    def application(self) -> AppName:
        """The application."""
        return self.definition.name

    @property
    def subject(self) -> str:
        """The application."""
        return self.definition.name

    @property
    def detail(self) -> Mapping[str, Any]:
        """Where its code is, and how it starts. Never its settings' values."""
        return {"repository": self.definition.repository, "entry": self.definition.entry}

    def perform(self, actor: Actor) -> Oid:
        """Checks, writes and commits it."""
        app = self.definition.name
        code.require(self.definition.repository)
        text = render(self.definition)
        defined.checked(text, app)
        self._refuse_taken(app)
        head = code.head(CLUSTER, BRANCH)
        path = f"apps/{app}.toml"
        if head is not None and path in code.reader().tree(CLUSTER, head):
            raise _taken(app)
        commit = code.commit(actor, CLUSTER, BRANCH, {path: text.encode()}, f"{app}: make the application", head)
        Application.objects.update_or_create(name=app, defaults={"deleted": None})
        return commit

    def _refuse_taken(self, app: AppName) -> None:
        row = Application.objects.filter(name=app).first()
        if row is not None:
            if row.deleted is None:
                raise _taken(app)
            return
        try:
            definitions.find(code.reader(), app)
        except NotFound:
            return
        raise _taken(app)


def _taken(app: AppName) -> Conflict:
    return Conflict(f"there is an application {app} already", f"look at it: lampas app show {app}")
