"""Values of releases, and the ports that a build needs filled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from lampas.core.definition.values import Definition
from lampas.core.names import Oid, ReleaseId, ReleaseNumber, RepositoryName, Sha256
from lampas.core.nodestate import Manifest, ReleaseOnNode


@dataclass(frozen=True)
class TreeFile:
    """One file of the code tree before it is built: where it goes, and which blob it is."""

    path: str
    repository: RepositoryName
    oid: Oid
    mode: int
    compiled: bool


@dataclass(frozen=True)
class BuiltFile:
    """What a blob became: a file's content by hash, and its bytecode's; None where it has none."""

    code: Content
    bytecode: Content | None


@dataclass(frozen=True)
class Content:
    """A piece of content: its hash and size."""

    sha256: Sha256
    size: int


@dataclass(frozen=True)
class VerifyReport:
    """How a release did alone in a sandbox: whether it started, and what it wrote."""

    ok: bool
    log: str


class Verifier(Protocol):
    """Starts a release alone, as its application's user, in a sandbox; `dispatch` fills it through an agent."""

    def verify(
        self, manifest: Manifest, release: ReleaseOnNode, env: Mapping[str, str], definition: Definition
    ) -> VerifyReport:
        """Runs its setup hooks, starts it, asks it and tests it, with scratch directories, a scratch database and no
        network, and ends it.

        Args:
            manifest: The release's content.
            release: Its name on nodes.
            env: Its environment.
            definition: What is to be tried.

        Raises:
            LampasError: The sandbox itself could not be used; nothing is known of the release then.
        """


class Progress(Protocol):
    """Hears of each step as it begins."""

    def __call__(self, step: str, detail: str) -> None:
        """Args: the step's name, and one line about it."""


@dataclass(frozen=True)
class Verified:
    """What verification found: whether it passed, and imports that failed although the build let them pass."""

    ok: bool
    missing_found: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """A release after its build, as `lampas release build --json` prints it.

    Attributes:
        number: Its number.
        id: The hash of its inputs.
        members: How many files its closure has.
        distributions: How many distributions.
        seconds: How long this build took.
        verify: What verification found.
        existed: Whether the same inputs had been built before.
    """

    number: ReleaseNumber
    id: ReleaseId
    members: int
    distributions: int
    seconds: float
    verify: Verified
    existed: bool = False

    def public(self) -> Mapping[str, Any]:
        """As JSON values."""
        found: Sequence[str] = self.verify.missing_found
        return {
            "number": self.number,
            "id": self.id,
            "members": self.members,
            "distributions": self.distributions,
            "seconds": round(self.seconds, 3),
            "verify": {"ok": self.verify.ok, "missing_found": list(found)},
            "existed": self.existed,
        }
