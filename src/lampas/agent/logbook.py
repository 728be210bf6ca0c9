"""What an application's units wrote and what it was asked, in order of time, from where a reader stands on.

A reader stands at a place in each file; the places travel with it as a cursor, so nothing is kept here. Files are
bounded by copying and emptying them (see `lampas.roothelper.logs`): whoever stood in one finds the rest in its newest
copy. The files of units are the application's own, so they are opened as if it were hostile.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lampas.agent import loglines
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.loglines import Line

MOST_LINES = 10_000
_TAIL = 4 << 20  # bytes of each log that are looked at from its end
_AT_ONCE = 1 << 20  # bytes of each log that one answer goes on by
_LOG = re.compile(r"v([1-9][0-9]{0,8})\.log")
_FRONT = "front-access.log"

Place = tuple[int, int, int]  # inode of the file, bytes of it that were read, inode of its newest copy (0: none)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to read.

    Attributes:
        app: The application.
        number: Of this release alone; 0: of all.
        access: Requests as the front saw them, instead of what was written.
        since: Unix seconds; what is older is left out.
    """

    app: str
    number: int = 0
    access: bool = False
    since: float = 0.0


@dataclass(frozen=True)
class Read:
    """Lines in order of time, where the reader stands now, and whether more is there already."""

    lines: list[Line]
    cursor: Mapping[str, Place]
    more: bool = False


def last(configuration: AgentConfiguration, wanted: Wanted, most: int) -> Read:
    """The last lines, at most `most`."""
    found: list[Line] = []
    cursor: dict[str, Place] = {}
    for name, path in _logs(configuration, wanted).items():
        data, place = _tail(path)
        cursor[name] = place
        found += _lines(wanted, name, data)
    return Read(_ordered(found, wanted)[-most:] if most else [], cursor)


def after(configuration: AgentConfiguration, wanted: Wanted, cursor: Mapping[str, Place]) -> Read:
    """The lines since a cursor; a log that it does not know is read from its begin."""
    found: list[Line] = []
    onward = dict(cursor)
    more = False
    for name, path in _logs(configuration, wanted).items():
        data, onward[name], left = _onward(path, cursor.get(name, (0, 0, 0)))
        found += _lines(wanted, name, data)
        more = more or left
    return Read(_ordered(found, wanted), onward, more)


def _logs(configuration: AgentConfiguration, wanted: Wanted) -> dict[str, Path]:
    if wanted.access:
        return {_FRONT: Path(configuration.home) / "logs" / _FRONT}
    directory = Path(configuration.places.logs(wanted.app))
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208 - names alone
    except OSError:
        return {}
    matches = {name: found for name in names if (found := _LOG.fullmatch(name))}
    return {name: directory / name for name, found in matches.items() if wanted.number in (0, int(found[1]))}


def _lines(wanted: Wanted, name: str, data: bytes) -> Iterator[Line]:
    """The lines of some data; one that does not say when came with the one before it."""
    when = 0.0
    for raw in data.decode(errors="replace").split("\n")[:-1]:
        line = loglines.request(raw, wanted.app) if wanted.access else loglines.written(raw)
        if line is None or (wanted.access and wanted.number not in (0, line.release)):
            continue
        when = line.time or when
        number = line.release if wanted.access else int(name[1:].partition(".")[0])
        yield replace(line, time=when, release=number)


def _ordered(lines: list[Line], wanted: Wanted) -> list[Line]:
    return sorted((line for line in lines if line.time >= wanted.since), key=lambda line: line.time)


def _tail(path: Path) -> tuple[bytes, Place]:
    """The end of a log, whole lines, going back into its copies; and the place behind it."""
    newest = _inode(_copy(path, 1))
    piece = _read(path, max(0, _size(path) - _TAIL), _TAIL)
    whole = piece.data[: piece.data.rfind(b"\n") + 1]
    place = (piece.inode, piece.begin + len(whole), newest)
    number = 1
    while len(whole) < _TAIL and (size := _size(_copy(path, number))):
        most = _TAIL - len(whole)
        whole = _ended(_read(_copy(path, number), max(0, size - most), most).data) + whole
        number += 1
    first = whole.find(b"\n") + 1 if len(whole) >= _TAIL else 0
    return whole[first:], place


def _onward(path: Path, place: Place) -> tuple[bytes, Place, bool]:
    """What was written behind a place, whole lines; the place behind that; whether there is more.

    The copies and the log are one sequence. Where the newest copy is no longer the one that the reader knew, the log
    was copied and emptied: the rest of what the reader stood in is the copy made next after that one.
    """
    inode, begin, known = place
    copies = _copies(path)
    if known and known not in copies:
        begin = 0  # what the reader stood in is gone; the oldest that is left comes next
    behind = copies.index(known) if known in copies else len(copies)
    if behind:
        piece = _read(_copy(path, behind), begin, _AT_ONCE)
        if piece.end < piece.size:
            whole = _whole(piece.data)
            return whole, (inode, piece.begin + len(whole), known), True
        return _ended(piece.data), (inode, 0, copies[behind - 1]), True
    piece = _read(path, begin, _AT_ONCE)
    if piece.inode != inode or piece.size < begin:  # another file, from its begin
        piece = _read(path, 0 if inode else begin, _AT_ONCE)
    whole = _whole(piece.data)
    end = piece.begin + len(whole)
    return whole, (piece.inode, end, known), bool(whole) and end < piece.size


def _whole(data: bytes) -> bytes:
    """The whole lines of some data; a line longer than that is cut."""
    end = data.rfind(b"\n") + 1
    return data[:end] if end or len(data) < _AT_ONCE else data[:-1] + b"\n"


def _ended(data: bytes) -> bytes:
    return data if data.endswith(b"\n") or not data else data + b"\n"


def _copy(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _copies(path: Path) -> list[int]:
    """The inodes of a log's copies, the newest first."""
    found: list[int] = []
    while inode := _inode(_copy(path, len(found) + 1)):
        found.append(inode)
    return found


def _inode(path: Path) -> int:
    try:
        return path.lstat().st_ino
    except OSError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


@dataclass(frozen=True)
class _Piece:
    """Bytes of a file from `begin` on, with its inode and size."""

    data: bytes = b""
    begin: int = 0
    inode: int = 0
    size: int = 0

    @property
    def end(self) -> int:
        return self.begin + len(self.data)


def _read(path: Path, begin: int, most: int) -> _Piece:
    """Bytes of a log from a place on; nothing where it is no regular file. What a copy left out is a hole, and is
    passed over."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return _Piece()
    with os.fdopen(handle, "rb", buffering=0) as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            return _Piece()
        try:
            begin = os.lseek(handle, begin, os.SEEK_DATA)
        except OSError:  # nothing stands behind it
            return _Piece(b"", max(begin, 0), found.st_ino, found.st_size)
        return _Piece(file.read(most), begin, found.st_ino, found.st_size)
