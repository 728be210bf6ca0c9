"""Writes a directory to stdout as tar, as the user who owns it. Standard library only; one file.

    python3 -I -S gather.py DIRECTORY > FILE

A backup starts it as the application's own user, so an application cannot have root read anything for it by swapping
a file for a link. SQLite databases are copied by SQLite's own means, whole, also while they are written to. What is
neither file, directory nor link (sockets, pipes) is left out, and so is what vanishes meanwhile.
"""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import sys
import tarfile
import tempfile
from pathlib import Path

_SQLITE = b"SQLite format 3\x00"
_COMPANIONS = ("-wal", "-shm", "-journal")


def write(directory: Path, tar: tarfile.TarFile) -> None:
    """Adds everything below a directory to a tar."""
    for base, folders, files in os.walk(directory):
        for name in sorted([*folders, *files]):
            path = Path(base) / name
            with contextlib.suppress(FileNotFoundError):
                _add(path, str(path.relative_to(directory)), tar)


def _add(path: Path, name: str, tar: tarfile.TarFile) -> None:
    entry = tar.gettarinfo(path, name)
    if entry is None or not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
        return
    if not entry.isreg() and not entry.islnk():
        tar.addfile(entry)
        return
    entry.type, entry.linkname = tarfile.REGTYPE, ""  # a second name of a file is one more copy
    if any(str(path).endswith(end) and _is_sqlite(Path(str(path)[: -len(end)])) for end in _COMPANIONS):
        return  # it belongs to a moment that the copy of the database is not of
    if _is_sqlite(path):
        with contextlib.suppress(sqlite3.Error):
            _add_sqlite(path, entry, tar)
            return
    with path.open("rb") as file:
        entry.size = os.fstat(file.fileno()).st_size
        tar.addfile(entry, _Whole(file, entry.size))


def _is_sqlite(path: Path) -> bool:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
    return False


def _add_sqlite(path: Path, entry: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "copy"
        with (
            contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        entry.size = copy.stat().st_size
        with copy.open("rb") as file:
            tar.addfile(entry, file)


class _Whole(io.RawIOBase):
    """A file of exactly the size that was announced: cut where it has grown, filled with zeros where it has shrunk."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        super().__init__()
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes of what was announced."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= wanted
        return data + b"\0" * (wanted - len(data))


def main() -> None:
    """Writes the directory that is named."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        write(Path(sys.argv[1]), tar)


if __name__ == "__main__":
    main()
