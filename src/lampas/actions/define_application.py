"""Define an application by the text of its file: for what has more keys than a command line has options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import code
from lampas.actions import definitions as defined
from lampas.actions.frame import OnApplication
from lampas.build import definitions
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.values import FILE
from lampas.core.names import CLUSTER, AppName, Oid
from lampas.errors import Conflict, NotFound
from lampas.git.cluster import BRANCH
from lampas.store.models import Application


@dataclass(frozen=True)
class DefineApplication(OnApplication[Oid]):
    """Makes `apps/NAME.toml` of the repository `cluster` hold this text; returns the commit that it is in.

    The text is kept as it was written, comments included. Where nothing changes, nothing is committed.

    Raises:
        Conflict: The application's own repository defines it, and that counts.
        NotFound: No such repository.
        InvalidInput: The definition cannot be used.
    """

    name: ClassVar[str] = "app.define"
    permission: ClassVar[Permission] = Permission.CODE

    app: AppName
    text: str

    @property
    def detail(self) -> Mapping[str, Any]:
        """How long the text is; what it says stands in the commit."""
        return {"characters": len(self.text)}

    def perform(self, actor: Actor) -> Oid:
        """Checks and commits it."""
        code.require(defined.checked(self.text, self.app).repository)
        self._refuse_own_file()
        head, path = code.head(CLUSTER, BRANCH), f"apps/{self.app}.toml"
        before = code.reader().entry(CLUSTER, head, path) if head is not None else None
        commit = head
        if head is None or before is None or code.reader().blob(CLUSTER, before.oid) != self.text.encode():
            word = "make" if before is None else "change"
            changes: Mapping[str, bytes | None] = {path: self.text.encode()}
            commit = code.commit(actor, CLUSTER, BRANCH, changes, f"{self.app}: {word} the application", head)
        Application.objects.update_or_create(name=self.app, defaults={"deleted": None})
        assert commit is not None  # noqa: S101 - without a head something was committed
        return commit

    def _refuse_own_file(self) -> None:
        try:
            found = definitions.find(code.reader(), self.app)
        except NotFound:
            return
        if found.file == FILE:
            raise Conflict(
                f"{self.app} is defined by {FILE} of the repository {found.repository}, which counts first",
                "change it there, with its code",
            )
