"""Values of the closure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lampas.core.closure.pins import Pin
from lampas.core.distributions.values import Distribution
from lampas.core.modules.values import Kind
from lampas.core.names import Oid, RepositoryName


@dataclass(frozen=True)
class Edge:
    """One reason: `source` needs `target`.

    Attributes:
        source: A module's name, a path, or `app NAME` for what the definition itself asks for.
        target: What is needed: a module's name, or a path.
        provenance: declared, import, string, computed, implicit package, package data, template, static, framework
            rule, hint, observed, distribution.
        file: The file that says so.
        line: The line in it, from 1; 0 where no line says it.
        rule: The rule of a framework that says so; "" where none does.
    """

    source: str
    target: str
    provenance: str
    file: str
    line: int
    rule: str = ""

    def public(self) -> dict[str, Any]:
        """As the chain of `lampas why` shows it."""
        rest = {"to": self.target, "provenance": self.provenance, "file": self.file, "line": self.line}
        return {"from": self.source, **rest, **({"rule": self.rule} if self.rule else {})}

    @staticmethod
    def read(raw: Mapping[str, Any]) -> Edge:
        """Reads what `public` wrote."""
        return Edge(raw["from"], raw["to"], raw["provenance"], raw["file"], raw["line"], raw.get("rule", ""))


@dataclass(frozen=True)
class Member:
    """One file that the application needs, with the edge by which it was reached first.

    Attributes:
        module: Its import name; its path where nothing can import it.
        kind: What it is.
        path: Its path in its repository.
        revision: Its blob id.
        repository: Where it stands.
        mode: Its git mode.
        edge: The last edge of its shortest chain.
    """

    module: str
    kind: Kind
    path: str
    revision: Oid
    repository: RepositoryName
    mode: int
    edge: Edge


@dataclass(frozen=True)
class Missing:
    """An import that leads nowhere.

    Attributes:
        name: As it was spelled.
        file: Where it stands.
        line: The line.
        optional: Whether the code says that it can do without.
        waived: The reason for which the definition waives it; "" where it does not.
        proposal: A distribution that is known to provide the name; "" where none is. Never fetched unasked.
        stops: Whether a build stops for it: the application takes this way, and does not do without.
        repository: Whose file it is.
    """

    name: str
    file: str
    line: int
    optional: bool
    waived: str = ""
    proposal: str = ""
    stops: bool = False
    repository: str = ""


@dataclass(frozen=True)
class Closure:
    """Everything that an application needs.

    Attributes:
        application: Its name.
        repository: The repository of its code.
        commit: The commit that it was computed at.
        members: Files, sorted by repository and path.
        distributions: Locked distributions, sorted by name.
        reasons: The edge that needs each distribution, by its name.
        unresolved: What leads nowhere, by file and line.
        problems: What analysers could not read, as `file: words`.
        commits: The commit of each repository in scope.
        pins: What is taken from other commits.
    """

    application: str
    repository: RepositoryName
    commit: Oid
    members: tuple[Member, ...]
    distributions: tuple[Distribution, ...]
    reasons: Mapping[str, Edge]
    unresolved: tuple[Missing, ...]
    problems: tuple[str, ...] = ()
    commits: Mapping[RepositoryName, Oid] = field(default_factory=dict)
    pins: tuple[Pin, ...] = ()

    @property
    def id(self) -> str:
        """The hash of its content: closures that hold the same files and distributions share it."""
        members = [[one.repository, one.path, one.revision, one.mode] for one in self.members]
        content = [members, [[one.name, one.version, one.sha256] for one in self.distributions]]
        text = json.dumps(content, separators=(",", ":"))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def public(self) -> dict[str, Any]:
        """As `lampas closure --json` prints it."""
        return {
            "members": [
                {
                    "module": member.module,
                    "kind": member.kind.value,
                    "path": member.path,
                    "revision": member.revision,
                    "repository": member.repository,
                }
                for member in self.members
            ],
            "distributions": [
                {"name": found.name, "version": found.version, "sha256": found.sha256} for found in self.distributions
            ],
            "unresolved": [asdict(missing) for missing in self.unresolved],
            "problems": list(self.problems),
            "count": len(self.members),
            "commit": self.commit,
            "commits": dict(self.commits),
            "pins": [pin.public() for pin in self.pins],
            "id": self.id,
        }

    def recorded(self) -> dict[str, Any]:
        """What a release keeps of it: as `public`, with the edge of every member and distribution."""
        document = self.public()
        pinned = {(pin.repository, pin.path): pin.commit for pin in self.pins}
        for row, member in zip(document["members"], self.members, strict=True):
            row["edge"] = member.edge.public()
            if (member.repository, member.path) in pinned:
                row["pinned"] = pinned[member.repository, member.path]
        for row in document["distributions"]:
            edge = self.reasons.get(row["name"])
            row["edge"] = edge.public() if edge else None
        return document
