"""Ask for a release to be built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lampas.actions import code, definitions, facts
from lampas.actions.frame import OnApplication
from lampas.build import pinning
from lampas.build.pinning import Ground
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.availability import check_available
from lampas.core.names import AppName
from lampas.store import operations, releases
from lampas.store.models import Application


@dataclass(frozen=True)
class RequestBuild(OnApplication[int]):
    """Commits the intent of a build; returns the operation's id.

    Attributes:
        app: The application.
        at: A branch, tag or commit of its repository; None: the default branch, or what `base` was built from.
        pins: PATH, MODULE or REPO:MODULE → a branch, tag or commit that this file is taken from.
        base: The number of a release: what it was built from is built again, with the pins.

    Raises:
        NotFound: No such application, release, branch, tag, commit or file.
        InvalidInput: Its definition cannot be used, or a pin names nothing.
    """

    name: ClassVar[str] = "release.build"
    permission: ClassVar[Permission] = Permission.BUILD
    long: ClassVar[bool] = True

    app: AppName
    at: str | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    base: int | None = None

    @property
    def detail(self) -> Mapping[str, Any]:
        """What it is built from."""
        return {"at": self.at, "pins": dict(self.pins), **({"from": self.base} if self.base is not None else {})}

    def perform(self, actor: Actor) -> int:
        """Checks and commits the intent. Refs are resolved now, so that a later push does not change the build."""
        definitions.standing(self.app)
        base = releases.numbered(self.app, self.base) if self.base is not None else None
        found = pinning.ground(code.reader(), self.app, self.at, self.pins, base)
        check_available(found.definition)
        facts.no_kept_data(self.app)
        Application.objects.get_or_create(name=self.app)
        return operations.request("build", self.app, self._intent(found), actor.name)

    def _intent(self, found: Ground) -> dict[str, Any]:
        asked = {f"{pin.repository}:{pin.path}": pin.commit for pin in found.pins}
        if self.base is not None:
            return {"at": None, "pins": asked, "from": self.base}
        return {"at": found.definition.commit, "pins": asked}
