"""Commit changed files from the console or the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import code
from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.names import Oid, RepositoryName


@dataclass(frozen=True)
class CommitFiles(Action[Oid]):
    """Commits changes on top of what the editor saw; returns the new commit.

    Attributes:
        repository: Where.
        branch: Its short name.
        changes: Content by path; None removes the path.
        message: The commit message.
        parent: The commit that the editor saw; None: the branch must not exist yet.

    Raises:
        Conflict: The branch has moved since.
    """

    name: ClassVar[str] = "code.commit"
    permission: ClassVar[Permission] = Permission.CODE

    repository: RepositoryName
    branch: str
    changes: Mapping[str, bytes | None]
    message: str
    parent: Oid | None

    @property
    def subject(self) -> str:
        """The repository and its branch."""
        return f"{self.repository}:{self.branch}"

    @property
    def detail(self) -> Mapping[str, Any]:
        """Which paths, never their content."""
        return {"paths": sorted(self.changes)[:100], "parent": self.parent}

    def perform(self, actor: Actor) -> Oid:
        """Commits them."""
        code.require(self.repository)
        return code.commit(actor, self.repository, self.branch, self.changes, self.message, self.parent)
