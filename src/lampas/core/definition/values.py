"""The definition of an application, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lampas.core.names import CLUSTER, AppName, Oid, RepositoryName

FILE = "lampas.toml"  # at the top of a repository that defines its own applications
SETTINGS = ("runtime", "entry", "root", "persist", "static", "env", "hosts", "canonical_host", "processes", "threads")
# Settings that came later count where they are set, so that what was built before keeps its id.
LATER = (
    "packages",
    "database",
    "build_hooks",
    "setup_hooks",
    "setup_idempotent",
    "verify_requests",
    "verify_test",
    "verify_keep",
)


@dataclass(frozen=True)
class Definition:
    """One application. What a key means is described in docs/formats/lampas-toml.md.

    Attributes:
        name: The application's name.
        repository: The repository of its code.
        file: Where the definition stands: `lampas.toml` or `apps/NAME.toml`.
        requirements: A file, an inline list, or None where the key was left out.
        files: Path in the release → content: small files beside the code, which stays as its authors wrote it.
        setup_idempotent: Whether setup hooks that were interrupted may simply run again.
        verify_test: A command that must end with 0 before the release may be deployed; "" is none.
        verify_keep: Tables whose rows, not their shape alone, the scratch database of a verification gets.
        choose: Import name → the repository that it is taken from, where several in scope have it.
        needs: What modules need besides what they import, from `[module."x"] needs`.
        commit: The commit of its repository that it was found for; "" where it was only parsed.
        definition_commit: The commit of the file in force, in the repository `defined_in`.
        lines: The line of each key, for reasons.
    """

    name: AppName
    repository: RepositoryName
    entry: str
    file: str = FILE
    runtime: str = "python"
    root: str = ""
    links: tuple[str, ...] = ()
    uses: Mapping[str, str] = field(default_factory=dict)
    requirements: str | tuple[str, ...] | None = None
    packages: tuple[str, ...] = ()
    build_packages: tuple[str, ...] = ()
    database: str = "none"
    persist: tuple[str, ...] = ()
    persist_shared: str = ""
    hosts: tuple[str, ...] = ()
    canonical_host: str = ""
    path: str = ""
    static: Mapping[str, str] = field(default_factory=dict)
    processes: int = 2
    threads: int = 15
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    build_hooks: tuple[str, ...] = ()
    setup_hooks: tuple[str, ...] = ()
    setup_idempotent: bool = False
    verify_requests: tuple[str, ...] = ()
    verify_test: str = ""
    verify_keep: tuple[str, ...] = ()
    waive: Mapping[str, str] = field(default_factory=dict)
    choose: Mapping[str, RepositoryName] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commit: Oid = field(default=Oid(""), compare=False)
    definition_commit: Oid = field(default=Oid(""), compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def entry_module(self) -> str:
        """The module that the entry starts from."""
        return self.entry.partition(":")[0]

    @property
    def defined_in(self) -> RepositoryName:
        """The repository that holds the file in force."""
        return self.repository if self.file == FILE else CLUSTER

    def line_of(self, key: str) -> int:
        """The line of a key in the file, from 1; 0 where it is not known."""
        return self.lines.get(key, 0)

    def settings(self) -> dict[str, Any]:
        """What shapes the release besides its files: a part of the release's id. JSON values."""
        raw = self.recorded()
        unset = Definition(self.name, self.repository, self.entry).recorded()
        later = {key: raw[key] for key in LATER if raw[key] != unset[key]}
        return {key: raw[key] for key in SETTINGS} | later

    def recorded(self) -> dict[str, Any]:
        """The whole definition as JSON values, as a release records it."""
        raw = asdict(self)
        del raw["lines"]
        return {key: list(value) if isinstance(value, tuple) else value for key, value in raw.items()}
