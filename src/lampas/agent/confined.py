"""Commands in a sandbox, seen from the agent: what they say as it comes, and the account of what they left."""

from __future__ import annotations

import codecs
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lampas.agent import documents
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.content import ContentStore, Receiver
from lampas.agent.running import Running
from lampas.core.nodestate import Manifest, ReleaseOnNode, Sandbox
from lampas.errors import Failed

OUT_OF_TIME = 124
REFUSED = "lampas: the command could not be run: "  # as in roothelper/helper.py, which this package does not import
_PAUSE = 0.2  # seconds between two tellings, so that a chatty command costs the console no more than a quiet one
_LIVE = 1 << 20  # bytes of output that are told as they come
_FIRST = 500  # bytes that tell whether it ran at all
_LAST = 256 << 10  # bytes of the rest that are told at the end
_LONGEST = 64 << 20  # bytes of the account's first line
_MOST_FILES = 100_000
_LEFT_OUT = "\n… {count:,} bytes are left out here …\n"


@dataclass(frozen=True)
class Order:
    """What is to run, and how.

    Attributes:
        release: In which release.
        manifest: Its content; None where there is none.
        commands: What runs, one after the other, until one fails.
        titles: What is written ahead of each; "": nothing.
        env: Their environment.
        sandbox: How they are confined.
        seconds: The bound in time of all.
    """

    release: ReleaseOnNode
    manifest: Manifest | None
    commands: Sequence[Sequence[str]]
    titles: Sequence[str]
    env: dict[str, str]
    sandbox: Sandbox
    seconds: float

    def request(self) -> dict[str, Any]:
        """What the root helper is asked for."""
        return {
            "verb": "run",
            "app": self.release.app,
            "number": self.release.number,
            "commands": [list(words) for words in self.commands],
            "env": self.env,
            "root": self.manifest.root if self.manifest else "",
            "sandbox": dict(vars(self.sandbox)),
            "persist": list(self.manifest.persist) if self.manifest else [],
            "titles": list(self.titles),
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Account:
    """How commands in a sandbox ended.

    Attributes:
        status: Exit status of the last one that ran; 124: the time was up.
        ran: How many began; 0: it is not known.
        files: What they left, each as path, mode, sha256 and size; the content is in the store.
        links: Links that they left and that cannot be taken.
        reads: What of a copied tree they read; a directory that they listed ends in "/".
        seconds: How long it took.
        refused: Why nothing ran: what bubblewrap or the root helper said.
    """

    status: int
    ran: int
    files: tuple[dict[str, Any], ...] = ()
    links: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    seconds: float = 0.0
    refused: str = ""


class Commands:
    """Commands that run in a sandbox; `close` ends them."""

    def __init__(self, configuration: AgentConfiguration, content: ContentStore, order: Order) -> None:
        self._content, self._order = content, order
        self._running = Running(configuration, order.request())

    def close(self) -> None:
        """Ends what still runs."""
        self._running.close()

    def follow(self, tell: Callable[[str], None]) -> Account:
        """Waits for their end.

        Args:
            tell: Hears what they write, as it comes; what is too much is left out in the middle.

        Raises:
            Failed: What they left is not what they say, or does not fit on the disk.
        """
        begun = time.monotonic()
        self._running.feed(b"", end=True)
        said = Said(tell)
        with self._content.receive() as receiver:
            account = _AccountReader(self._order.sandbox, receiver)
            for name, data in self._running.frames(_PAUSE):
                if name == "out":
                    account.take(data)
                else:
                    said.take(data)
            said.end()
            took = round(time.monotonic() - begun, 3)
            found = account.read(self._running.status, took)
        if found is None:
            return Account(self._running.status, 0, seconds=took, refused=said.refusal)
        return found


class Said:
    """What commands write, told in bounds: all of it while it is little, then only its end."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._taken, self._kept, self._count = tell, 0, b"", 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._first, self._waiting, self._told = b"", "", time.monotonic()

    def take(self, data: bytes) -> None:
        """More of it, or nothing more for a while."""
        self._first += data[: max(0, _FIRST - len(self._first))]
        room = max(0, _LIVE - self._taken)
        now, later = data[:room], data[room:]
        self._taken += len(now)
        self._waiting += self._decoder.decode(now)
        self._count += len(later)
        self._kept = (self._kept + later)[-_LAST:]
        if time.monotonic() - self._told >= _PAUSE:
            self._say()

    def end(self) -> None:
        """Tells the rest, and of what was too much the end."""
        if self._count > len(self._kept):
            self._waiting += _LEFT_OUT.format(count=self._count - len(self._kept))
        self._waiting += self._decoder.decode(self._kept, final=True)
        self._say()

    @property
    def refusal(self) -> str:
        """What bubblewrap or the root helper said, where it was one of them that spoke and nothing ran."""
        line = self._first.decode(errors="replace").partition("\n")[0]
        return line if line.startswith(("bwrap:", "setpriv:", REFUSED)) else ""

    def _say(self) -> None:
        if self._waiting:
            self._tell(self._waiting)
            self._waiting, self._told = "", time.monotonic()


class _AccountReader:
    """Reads an account: one line, then content. It is the application's word, so everything in it is bounded."""

    def __init__(self, sandbox: Sandbox, receiver: Receiver) -> None:
        self._sandbox, self._receiver = sandbox, receiver
        self._line, self._said = b"", b""

    def take(self, data: bytes) -> None:
        if self._said:
            self._receiver.feed(data)
            return
        self._line += data
        if len(self._line) > _LONGEST:
            raise Failed("a sandbox gave an account that is too long")
        line, found, rest = self._line.partition(b"\n")
        if found:
            self._said = line
            self._receiver.feed(rest)

    def read(self, status: int, seconds: float) -> Account | None:
        """The account; None where it was cut short, as when the time was up."""
        if not self._said or status == OUT_OF_TIME:
            return None
        try:
            raw = json.loads(self._said)
            listed = [tuple(each) for each in raw["files"]]
            ran, links, reads = int(raw["ran"]), tuple(map(str, raw["links"])), tuple(map(str, raw["reads"]))
            if len(listed) > _MOST_FILES or sum(size for *_, size in listed) > self._sandbox.disk:
                raise Failed(f"what the commands left is more than {_MOST_FILES} files or {self._sandbox.disk} bytes")
            files = tuple(documents.left(*each) for each in listed)
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"a sandbox gave no account that can be read: {error}") from error
        self._receiver.finish()
        return Account(status, ran, files, links, reads, seconds)
