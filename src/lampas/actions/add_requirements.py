"""Add requirements to an application: how a person accepts what was proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from packaging.requirements import Requirement

from lampas.actions import code, definitions
from lampas.actions.frame import OnApplication
from lampas.build import locking
from lampas.core.accounts import Actor, Permission
from lampas.core.definition.values import FILE, Definition
from lampas.core.distributions import adding
from lampas.core.distributions.requirements import inline_requirements
from lampas.core.names import AppName, Oid, RepositoryName
from lampas.errors import Conflict, InvalidInput
from lampas.store.models import Repository


@dataclass(frozen=True)
class Added:
    """The commit that adds them: in which repository, to which file."""

    repository: RepositoryName
    file: str
    commit: Oid


@dataclass(frozen=True)
class AddRequirements(OnApplication[Added]):
    """Commits requirements to the file that holds an application's requirements: the one that its definition names or
    that is taken without a name, else the definition in force.

    Attributes:
        app: The application.
        requirements: In PEP 508 form, `PyYAML>=6`.

    Raises:
        NotFound: No such application.
        InvalidInput: There is nothing to add, a line is no requirement, or the file is written in a way that only a
            person can change.
        Conflict: One is required already, or the file moved meanwhile.
    """

    name: ClassVar[str] = "requirements.add"
    permission: ClassVar[Permission] = Permission.CODE

    app: AppName
    requirements: tuple[str, ...]

    @property
    def detail(self) -> Mapping[str, Any]:
        """What is added."""
        return {"requirements": list(self.requirements)}

    def perform(self, actor: Actor) -> Added:
        """Commits the change."""
        if not self.requirements:
            raise InvalidInput("there is nothing to add", "give requirements, as PyYAML>=6")
        found = definitions.in_force(self.app)
        asked = inline_requirements(self.requirements, "what was asked for")
        repository, file = self._place(found, asked.lines)
        branch = Repository.objects.get(name=repository).default_branch
        head = code.head(repository, branch)
        entry = code.reader().entry(repository, head, file) if head is not None else None
        if head is None or entry is None:
            raise Conflict(f"{file} has moved in {repository} meanwhile", "try again")
        text = code.reader().blob(repository, entry.oid).decode()
        own = repository if found.file == FILE else None
        if file == found.file:
            changed = adding.to_definition(text, file, self.app, asked.lines, own)
        else:
            changed = adding.to_file(text, file, asked.lines)
        message = f"{self.app}: require {', '.join(asked.lines)}"
        commit = code.commit(actor, repository, branch, {file: changed.encode()}, message, head)
        return Added(repository, file, commit)

    def _place(self, found: Definition, lines: tuple[str, ...]) -> tuple[RepositoryName, str]:
        """Where the requirements stand: the repository and the file."""
        tree = code.reader().tree(found.repository, found.commit)

        def read(path: str) -> bytes | None:
            return code.reader().blob(found.repository, tree[path].oid) if path in tree else None

        required = locking.required(found, read)
        names = {Requirement(line).name for line in required.lines}
        twice = sorted(names & {Requirement(line).name for line in lines})
        if twice:
            raise Conflict(f"{self.app} requires {', '.join(twice)} already", f"see: {required.source}")
        if required.source and not isinstance(found.requirements, tuple):
            return found.repository, required.source.partition("[")[0]
        return found.defined_in, found.file
