"""Ask for a release to be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lampas.actions import definitions, facts
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.availability import check_available
from lampas.core.names import AppName
from lampas.store import operations
from lampas.store.models import Application


@dataclass(frozen=True)
class RequestBuild(OnApplication[int]):
    """Commits the intent of a build; returns the operation's id.

    Attributes:
        app: The application.
        at: A branch, tag or commit of its repository; None: the default branch.
        pins: Revisions by path, instead of what the commit has there.

    Raises:
        NotFound: No such application, branch, tag or commit.
        InvalidInput: Its definition cannot be used.
    """

    name: ClassVar[str] = "release.build"
    permission: ClassVar[Permission] = Permission.BUILD
    long: ClassVar[bool] = True

    app: AppName
    at: str | None = None
    pins: Mapping[str, str] = field(default_factory=dict)

    @property
    def detail(self) -> Mapping[str, Any]:
        """What it is built from."""
        return {"at": self.at, "pins": dict(self.pins)}

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent. The ref is resolved now, so that a later push does not change the build."""
        found = definitions.in_force(self.app, self.at)
        check_available(found)
        facts.no_kept_data(self.app)
        Application.objects.get_or_create(name=self.app)
        return operations.request("build", self.app, {"at": found.commit, "pins": dict(self.pins)}, actor.name)
