"""The file of a backup: a compressed tar, and behind it one line with its sha256. See docs/formats/backup.md."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lampas.errors import InvalidInput

_LINE = b"lampas-backup-sha256 "
_TRAILER = len(_LINE) + 64 + 1


class Damaged(InvalidInput):
    """The file is no backup, or not whole any more."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be restored: {why}; nothing was changed", "use another copy of the backup")


@contextmanager
def writing(path: Path) -> Iterator[tarfile.TarFile]:
    """A tar to fill. The file gets its name when it is whole and on the disk; readable by its owner alone.

    Raises:
        InvalidInput: It cannot be written there.
    """
    aside = path.with_name(f".{path.name}.partial")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", "choose another file") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            counted = _Hashed(file)
            with (
                gzip.GzipFile(filename="", fileobj=counted, mode="wb", compresslevel=1) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield tar
            file.write(_LINE + counted.digest.hexdigest().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def reading(path: Path) -> Iterator[tarfile.TarFile]:
    """The tar of a backup that was found whole.

    Raises:
        Damaged: It was cut or altered, or it is no backup.
    """
    size = _proven(path)
    with path.open("rb") as file, tarfile.open(fileobj=_First(file, size), mode="r|gz") as tar:
        yield tar


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    """Adds a member that is in memory."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))


def add_file(tar: tarfile.TarFile, name: str, file: IO[bytes]) -> None:
    """Adds a member that stands in an open file, from its start."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = file.seek(0, os.SEEK_END), 0o600
    file.seek(0)
    tar.addfile(entry, file)


def _proven(path: Path) -> int:
    """The size of the tar in a file that is whole."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size - _TRAILER
            if size <= 0:
                raise Damaged(path, "it is no backup")
            if _digest(file, size) != _announced(path, file):
                raise Damaged(path, "it was cut or altered")
    except OSError as error:
        raise Damaged(path, error.strerror or "it cannot be read") from error
    return size


def _digest(file: IO[bytes], size: int) -> str:
    digest, left = hashlib.sha256(), size
    while left:
        data = file.read(min(left, 1 << 20))
        if not data:
            break
        digest.update(data)
        left -= len(data)
    return digest.hexdigest()


def _announced(path: Path, file: IO[bytes]) -> str:
    line = file.read(_TRAILER)
    if not line.startswith(_LINE) or not line.endswith(b"\n"):
        raise Damaged(path, "it is no backup, or its end is missing")
    return line[len(_LINE) : -1].decode(errors="replace")


class _Hashed(io.RawIOBase):
    """Passes on what is written, and hashes it."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self._file = file

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Writes all of it."""
        self.digest.update(data)
        self._file.write(data)
        return len(data)


class _First(io.RawIOBase):
    """The first bytes of a file, as many as are said."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__()
        self._file, self._left = file, size

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data
