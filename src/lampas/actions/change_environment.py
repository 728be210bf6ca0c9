"""Change an application's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from lampas.actions import code, definitions
from lampas.actions.frame import OnApplication
from lampas.build import settings_only
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.rendering import with_env
from lampas.core.definition.values import FILE, Definition
from lampas.core.names import AppName, Oid
from lampas.errors import Conflict, InvalidInput
from lampas.store import operations
from lampas.store.models import Release, Repository


@dataclass(frozen=True)
class Changed:
    """The commit of the change, and what has it: the release that was made at once, or the operation that builds one.
    Neither: there is no release yet."""

    commit: Oid
    number: int | None = None
    operation: int | None = None


@dataclass(frozen=True)
class ChangeEnvironment(OnApplication[Changed]):
    """Commits to the file in force and makes the next release at once: the tree of the newest verified one with the new
    settings. Where more than settings changed since that one was built, a build is asked for.

    Attributes:
        app: The application.
        changes: Values by name; None takes a variable away.

    Raises:
        NotFound: No such application.
        InvalidInput: There is nothing to change, or a name or value cannot be used.
        Conflict: The file moved meanwhile.
    """

    name: ClassVar[str] = "env.change"
    permission: ClassVar[Permission] = Permission.CODE
    long: ClassVar[bool] = True

    app: AppName
    changes: Mapping[str, str | None]

    @property
    def detail(self) -> Mapping[str, Any]:
        """Names alone: values may be secret."""
        return {
            "set": sorted(name for name, value in self.changes.items() if value is not None),
            "unset": sorted(name for name, value in self.changes.items() if value is None),
        }

    def perform(self, actor: Actor) -> Changed:
        """Commits the change and the intent of a build."""
        if not self.changes:
            raise InvalidInput("there is nothing to change", "give NAME=VALUE")
        found = definitions.in_force(self.app)
        unknown = sorted(name for name, value in self.changes.items() if value is None and name not in found.env)
        if unknown:
            raise InvalidInput(f"{self.app} has no variable {', '.join(unknown)}", f"see: lampas app show {self.app}")
        commit = self._commit(actor, found)
        made = settings_only.derive(self._changed(found, commit), actor.name)
        if made is not None:
            return Changed(commit, made.number)
        newest = Release.objects.filter(application__name=self.app).order_by("-number").first()
        if newest is None:
            return Changed(commit)
        at = commit if found.file == FILE else newest.commit
        return Changed(commit, operation=operations.request("build", self.app, {"at": at, "pins": {}}, actor.name))

    def _changed(self, found: Definition, commit: Oid) -> Definition:
        env = {**found.env, **{name: value for name, value in self.changes.items() if value is not None}}
        kept = {name: value for name, value in env.items() if self.changes.get(name, "") is not None}
        return replace(found, env=kept, definition_commit=commit)

    def _commit(self, actor: Actor, found: Definition) -> Oid:
        repository = found.defined_in
        branch = Repository.objects.get(name=repository).default_branch
        head = code.head(repository, branch)
        entry = code.reader().entry(repository, head, found.file) if head is not None else None
        if head is None or entry is None:
            raise Conflict(f"{found.file} has moved in {repository} meanwhile", "try again")
        text = code.reader().blob(repository, entry.oid).decode()
        own = repository if found.file == FILE else None
        changed = with_env(text, found.file, self.app, self.changes, own)
        names = ", ".join(sorted(self.changes))
        return code.commit(
            actor, repository, branch, {found.file: changed.encode()}, f"{self.app}: change {names}", head
        )
