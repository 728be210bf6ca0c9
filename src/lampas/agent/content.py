"""The node's content store: bytes by their sha256, written once, hard-linked into releases.

A name that is there is whole: content is written aside, checked against its name, brought to the disk, then renamed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from lampas.errors import Failed, InvalidInput

LARGEST = 2 << 30  # bytes of one piece
_HEADER = 64 + 8


class ContentStore:
    """A directory of content, two levels deep."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, sha256: str, *, executable: bool = False) -> Path:
        """Where a piece stands; an executable one has a copy of its own, since a mode belongs to the file."""
        return self.directory / sha256[:2] / (sha256[2:] + (".x" if executable else ""))

    def has(self, sha256: str) -> bool:
        """Whether it is there."""
        return self.path(sha256).exists()

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those that are not there, in the order they were asked for."""
        return [name for name in dict.fromkeys(names) if not self.has(name)]

    def read(self, sha256: str) -> bytes:
        """The bytes of a piece.

        Raises:
            Failed: It is not there.
        """
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise Failed(f"the node lacks the content {sha256}", "send it before the state that needs it") from error

    def link(self, sha256: str, target: Path, mode: int) -> None:
        """Hard-links a piece to a path, as a file of mode 0o444 or 0o555.

        Raises:
            Failed: It is not there.
        """
        source = self.path(sha256, executable=mode == 0o555)
        try:
            os.link(source, target)
        except FileNotFoundError:
            if mode != 0o555:
                raise Failed(f"the node lacks the content {sha256}", "send it again") from None
            with contextlib.suppress(FileExistsError):
                self._copy_executable(sha256, source)
            os.link(source, target)

    def _copy_executable(self, sha256: str, target: Path) -> None:
        aside = target.with_suffix(f".{os.getpid()}")
        aside.write_bytes(self.read(sha256))
        aside.chmod(0o555)
        aside.replace(target)

    def prune(self, keep: Collection[str], older: float) -> int:
        """Removes content that nobody needs; returns how many pieces went.

        Args:
            keep: The sha256 names that stay.
            older: Unix seconds; what was stored later stays, it may be on its way into a release.
        """
        gone = 0
        for path in self.directory.glob("[0-9a-f][0-9a-f]/*"):
            if path.parent.name + path.name.removesuffix(".x") not in keep and path.stat().st_ctime < older:
                path.unlink()
                gone += 1
        return gone

    def framed(self, names: Iterable[str]) -> Iterator[bytes]:
        """Pieces as `Receiver` takes them.

        Raises:
            Failed: One is not there.
        """
        for name in dict.fromkeys(names):
            data = self.read(name)
            yield name.encode() + len(data).to_bytes(8, "big") + data

    def receive(self) -> Receiver:
        """Takes in a framed stream; see `Receiver`."""
        return Receiver(self)


class Receiver:
    """Takes in pieces, each 64 hexadecimal digits, 8 bytes of big-endian length and the bytes, one after the other.

    All are written first and brought to the disk together, so many small pieces cost about as much as one. A context
    manager: what was not finished is removed.
    """

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._aside = Path()
        self._header = b""
        self._left = 0
        self._name = ""
        self._known = False  # whether the piece is in the store already: it is checked, and not written again
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._received: list[tuple[Path, str]] = []  # where each stands aside, and its name; a name may come twice

    def __enter__(self) -> Receiver:
        self._store.directory.mkdir(parents=True, exist_ok=True)
        self._aside = Path(tempfile.mkdtemp(prefix=".receiving-", dir=self._store.directory))
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._file:
            self._file.close()
        shutil.rmtree(self._aside, ignore_errors=True)

    async def take(self, chunks: AsyncIterator[bytes]) -> int:
        """Takes a whole stream; returns how many pieces there were.

        Raises:
            InvalidInput: A piece is not what its name says, is too large, or the stream is cut.
            Failed: The disk is full.
        """
        try:
            async for chunk in chunks:
                self.feed(chunk)
            return self.finish()
        except OSError as error:
            raise Failed(f"the node cannot store content: {error.strerror}", "make room on the node's disk") from error

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the stream."""
        view = memoryview(chunk)
        while view:
            if self._file is None:
                need = _HEADER - len(self._header)
                self._header += bytes(view[:need])
                view = view[need:]
                if len(self._header) == _HEADER:
                    self._open()
            else:
                part, view = view[: self._left], view[self._left :]
                self._file.write(part)
                self._hash.update(part)
                self._left -= len(part)
            if self._file is not None and self._left == 0:
                self._close()

    def finish(self) -> int:
        """Ends the stream: all its pieces become part of the store."""
        if self._file is not None or self._header:
            raise InvalidInput("the stream of content was cut")
        for aside, _ in self._received:
            with aside.open("rb") as file:
                os.fsync(file.fileno())
        for aside, name in self._received:
            target = self._store.path(name)
            target.parent.mkdir(exist_ok=True)
            aside.replace(target)
        return len(self._received)

    def _open(self) -> None:
        name, length = self._header[:64], int.from_bytes(self._header[64:], "big")
        self._header = b""
        if not all(digit in b"0123456789abcdef" for digit in name):
            raise InvalidInput("the stream of content names something that is no sha256")
        if length > LARGEST:
            raise InvalidInput(f"a piece of {length} bytes is larger than a node takes")
        self._name, self._left, self._hash = name.decode(), length, hashlib.sha256()
        self._known = self._store.has(self._name)
        place = Path(os.devnull) if self._known else self._next()
        self._file = place.open("wb")

    def _close(self) -> None:
        assert self._file is not None  # noqa: S101 - feed calls this with an open piece alone
        if not self._known:
            os.fchmod(self._file.fileno(), 0o444)
        self._file.close()
        self._file = None
        if self._hash.hexdigest() != self._name:
            raise InvalidInput(f"the content sent as {self._name} is something else")
        if self._known:
            self._store.path(self._name).chmod(0o444)  # its change is now: it is on its way into a release
        else:
            self._received.append((self._next(), self._name))

    def _next(self) -> Path:
        return self._aside / str(len(self._received))
