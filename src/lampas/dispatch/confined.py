"""Commands in a node's sandbox, seen from the console."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lampas.core.nodestate import ReleaseOnNode, Sandbox, Task
from lampas.dispatch.interface import ManagementInterface
from lampas.errors import Failed

OUT_OF_TIME = 124
WORDS = 2000  # characters of last words that an error quotes
_WAITING = 60  # seconds that a task may wait for its turn, beside its own time
_KEPT = 2 << 20  # characters of what was said that are kept; the node tells less


class NotRun(Failed):
    """Commands did not begin: no sandbox, no database, content that is missing, a node that does not answer."""


@dataclass(frozen=True)
class Left:
    """One file that commands left: its path, its mode, and its content by hash and size."""

    path: str
    mode: int
    sha256: str
    size: int


@dataclass(frozen=True)
class Ended:
    """How commands in a sandbox ended.

    Attributes:
        status: Exit status of the last one that ran; 124: the time was up.
        ran: How many began; 0: it is not known.
        said: What they wrote; where it was too much, without its middle.
        files: What they left; the node keeps the content (`ManagementInterface.fetch`).
        links: Links that they left and that lead out of the tree or to a directory.
        reads: What of a copied tree they read; a directory that they listed ends in "/".
        seconds: How long it took.
    """

    status: int
    ran: int
    said: str
    files: tuple[Left, ...]
    links: tuple[str, ...]
    reads: tuple[str, ...]
    seconds: float

    @property
    def last_words(self) -> str:
        """The end of what they wrote, for an error."""
        return self.said.strip()[-WORDS:]


def run(
    interface: ManagementInterface,
    node: str,
    release: ReleaseOnNode,
    commands: Sequence[Sequence[str]],
    *,
    env: Mapping[str, str],
    sandbox: Sandbox,
    seconds: float,
    sealed: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Runs commands, one after the other, until one fails. Everything that the sandbox shows is on the node already.

    Args:
        interface: The node's.
        node: Its name.
        release: In which release; without a tree, number 0 of the application whose user runs.
        commands: Each a program and its arguments.
        env: Their environment.
        sandbox: How they are confined.
        seconds: The bound in time of all.
        sealed: Secret variables, sealed to the node.
        tell: Hears what they write, as it comes.

    Raises:
        NotRun: They could not be run at all.
        Failed: They ran, and nobody can say how they ended.
        Unreachable: The node went away; the commands end with the connection.
    """
    task = Task(
        node=node,
        expires=int(time.time()) + _WAITING,
        nonce=secrets.token_hex(16),
        kind="sandbox",
        release=release,
        env=env,
        sealed=sealed,
        seconds=seconds,
        commands=tuple(tuple(words) for words in commands),
        sandbox=sandbox,
    )
    said = ""
    for frame in interface.task(task):
        if "said" in frame:
            text = str(frame["said"])
            said = (said + text)[-_KEPT:]
            tell(text)
        elif "error" in frame:
            refused = Failed if said else NotRun
            raise refused(str(frame["error"]), str(frame.get("remedy") or ""))
        elif "status" in frame:
            files = tuple(Left(f["path"], int(f["mode"]), f["sha256"], int(f["size"])) for f in frame["files"])
            links = tuple(str(link) for link in frame["links"])
            reads = tuple(str(path) for path in frame["reads"])
            return Ended(int(frame["status"]), int(frame["ran"]), said, files, links, reads, float(frame["seconds"]))
    raise Failed("the node did not say how the commands ended", "see: lampas status")
