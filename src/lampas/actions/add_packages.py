"""Add Debian packages to an application: how a person accepts one that was proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lampas.actions import code, definitions
from lampas.actions.add_requirements import Added
from lampas.actions.approve_packages import checked
from lampas.actions.frame import OnApplication
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.values import FILE
from lampas.core.distributions import adding
from lampas.core.names import AppName
from lampas.errors import Conflict
from lampas.store.models import Repository


@dataclass(frozen=True)
class AddPackages(OnApplication[Added]):
    """Commits Debian packages to the definition in force. They are installed once an operator has approved them.

    Attributes:
        app: The application.
        packages: Their names.

    Raises:
        NotFound: No such application.
        InvalidInput: There is nothing to add, one is no name of a package, or the definition is written in a way that
            only a person can change.
        Conflict: One is asked for already, or the file moved meanwhile.
    """

    name: ClassVar[str] = "packages.add"
    permission: ClassVar[Permission] = Permission.CODE

    app: AppName
    packages: tuple[str, ...]

    @property
    def detail(self) -> Mapping[str, Any]:
        """What is added."""
        return {"packages": list(self.packages)}

    def perform(self, actor: Actor) -> Added:
        """Commits the change."""
        names = checked(self.packages)
        found = definitions.in_force(self.app)
        twice = sorted({*names} & {*found.packages})
        if twice:
            raise Conflict(f"{self.app} asks for {', '.join(twice)} already", f"see: {found.file}")
        repository = found.defined_in
        branch = Repository.objects.get(name=repository).default_branch
        head = code.head(repository, branch)
        entry = code.reader().entry(repository, head, found.file) if head is not None else None
        if head is None or entry is None:
            raise Conflict(f"{found.file} has moved in {repository} meanwhile", "try again")
        text = code.reader().blob(repository, entry.oid).decode()
        own = repository if found.file == FILE else None
        changed = adding.packages(text, found.file, self.app, names, own)
        message = f"{self.app}: ask for {', '.join(names)}"
        commit = code.commit(actor, repository, branch, {found.file: changed.encode()}, message, head)
        return Added(repository, found.file, commit)
