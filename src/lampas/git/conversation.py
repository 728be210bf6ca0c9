"""The other side of the hooks: what the request that authenticated a push answers them.

One conversation is one push. Its steps come in a fixed order, inspect and store, then move the refs; a hook that asks
out of order is refused, so refs are never moved for objects that were not seen.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.db import Error as DatabaseError
from django.db import connection

from lampas.core.history import refnames
from lampas.core.history.trees import Limits
from lampas.core.history.values import RefUpdate
from lampas.core.names import Oid, RepositoryName
from lampas.errors import Conflict, LampasError
from lampas.git import inspection
from lampas.store import audit, history, history_packs

_LOG = logging.getLogger("lampas.git")
_ZERO = "0" * 40
_COMMAND = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) ([^\n\0]+)")
_LONGEST = 16 << 20  # bytes of one message
_MOST_REFS = 20_000
_FLUSH = b"0000"

DATABASE_GONE = "the database does not answer; nothing was changed: push again later"
UNKNOWN = "the database went away while the refs were moved; fetch to see whether they were"


@dataclass(frozen=True)
class Pusher:
    """Who pushes, and by which door, as the audit names them."""

    name: str
    door: str


@dataclass
class Conversation:
    """Answers the hooks of one push.

    Attributes:
        repository: What is pushed to.
        view: The private repository that git works in.
        who: The pusher.
        socket: The end that stays here.
        limits: Bounds for the inspection; None: the usual ones.
        published: The generation that the push made; None while there is none.
    """

    repository: RepositoryName
    view: Path
    who: Pusher
    socket: socket.socket
    limits: Limits | None = None
    published: int | None = None
    _packs: list[str] | None = None
    _wrong: dict[str, str] = field(default_factory=dict)

    def answer(self) -> bool:
        """Answers one question of a hook. Returns False once there are no more to come."""
        kind = self._receive()
        if kind is None:
            return False
        first, second = self._receive(), self._receive()
        if first is None or second is None:
            return False
        if kind == b"pre-receive":
            self._send(self._pre_receive(first, second))
        elif kind == b"proc-receive":
            self._send(self._proc_receive(first, second))
        else:
            return False
        return True

    def _pre_receive(self, quarantine: bytes, commands: bytes) -> bytes:
        """Inspects and stores. The answer is "0" or "1" and what to tell the pusher."""
        try:
            self._take(self._inside(quarantine), commands)
        except LampasError as error:
            return _told(error.message, error.remedy)
        except DatabaseError:
            _LOG.exception("push to %s: the database failed while packs were stored", self.repository)
            connection.close()
            return _told(DATABASE_GONE)
        except OSError as error:
            return _told(f"the push could not be stored: {error.strerror}", "see whether the disk is full")
        return b"0"

    def _take(self, quarantine: Path | None, commands: bytes) -> None:
        updates = [_parsed(line) for line in commands.split(b"\n") if line]
        if len(updates) > _MOST_REFS:
            raise Conflict(f"a push may change at most {_MOST_REFS:,} refs", "push them in parts")
        stored = self.view / "objects"
        packs: list[Path] = []
        if quarantine is not None:
            inspection.inspect(quarantine, stored, self.limits)
            packs = sorted((quarantine / "pack").glob("*.pack"))
        self._wrong = inspection.targets(quarantine, stored, [(u.name, u.new) for u in updates if u.new is not None])
        repository = history.stand(self.repository).id
        self._packs = [history_packs.stage(repository, history_packs.at(pack)) for pack in packs]

    def _inside(self, quarantine: bytes) -> Path | None:
        if not quarantine:
            return None
        path = Path(quarantine.decode()).resolve()
        if not path.is_relative_to((self.view / "objects").resolve()):
            raise Conflict("the hook named objects that are not of this push")
        return path

    def _proc_receive(self, offered: bytes, commands: bytes) -> bytes:
        """Moves the refs. The answer is what git wants to read: a line for each ref."""
        lines = [line.removesuffix(b"\n") for line in _pkt_lines(commands)]
        try:
            if self._packs is None:
                raise Conflict("the objects of this push were not inspected")
            refused = self._move([_parsed(line) for line in lines], b"atomic" in offered)
        except LampasError as error:
            refused = {None: error.message}
        except DatabaseError:
            _LOG.exception("push to %s: the database failed while refs were moved", self.repository)
            connection.close()
            refused = {None: UNKNOWN}
        return b"".join(_report(line.split(b" ", 2)[-1], refused) for line in lines) + _FLUSH

    def _move(self, updates: Sequence[RefUpdate], atomic: bool) -> dict[str | None, str]:
        wrong: dict[str | None, str] = dict(self._wrong.items())
        for update in updates:
            malformed = refnames.problem(update.name)
            if malformed:
                wrong[update.name] = malformed
        if atomic and wrong:
            return {update.name: wrong.get(update.name, "atomic push refused") for update in updates}
        done = history.publish(
            self.repository,
            self._packs or [],
            [update for update in updates if update.name not in wrong],
            atomic=atomic,
            record=self._record,
        )
        self._packs = None
        if len(done.refused) + len(wrong) < len(updates):  # at least one was made
            self.published = done.generation
        wrong.update(done.refused.items())
        return wrong

    def _record(self, made: Sequence[RefUpdate]) -> None:
        audit.append(
            actor=self.who.name,
            door=self.who.door,
            action="code.push",
            subject=self.repository,
            application="",
            detail={"refs": {u.name: [u.old, u.new] for u in made[:100]}, "count": len(made)},
            outcome="done",
        )

    def _send(self, data: bytes) -> None:
        self.socket.sendall(b"%08x" % len(data) + data)

    def _receive(self) -> bytes | None:
        head = self._exactly(8)
        if head is None:
            return None
        length = int(head, 16)
        return self._exactly(length) if length <= _LONGEST else None

    def _exactly(self, count: int) -> bytes | None:
        data = bytearray()
        while len(data) < count:
            more = self.socket.recv(min(count - len(data), 1 << 16))
            if not more:
                return None
            data += more
        return bytes(data)


def _parsed(line: bytes) -> RefUpdate:
    matched = _COMMAND.fullmatch(line)
    if matched is None:
        raise Conflict("the push names a ref in a way that cannot be read")
    old, new = matched[1].decode(), matched[2].decode()
    return RefUpdate(
        matched[3].decode(errors="surrogateescape"),
        None if old == _ZERO else Oid(old),
        None if new == _ZERO else Oid(new),
    )


def _pkt_lines(data: bytes) -> list[bytes]:
    lines = []
    at = 0
    while at < len(data):
        end = at + int(data[at : at + 4], 16)
        lines.append(data[at + 4 : end])
        at = end
    return lines


def _report(name: bytes, refused: Mapping[str | None, str]) -> bytes:
    reason = refused.get(name.decode(errors="surrogateescape"), refused.get(None))
    line = b"ok " + name if reason is None else b"ng " + name + b" " + reason.encode(errors="replace")
    return b"%04x" % (len(line) + 4) + line


def _told(message: str, remedy: str = "") -> bytes:
    text = f"refused: {message}\n" + (f"{remedy}\n" if remedy else "")
    return b"1" + text.encode(errors="replace")
