"""Source archives: looked into before anything is unpacked, and never unpacked here."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from lampas.core.distributions.sources import BrokenSource, inner_path

_MOST_FILES = 100_000
_MOST_BYTES = 2 << 30  # unpacked
_PYPROJECT = 1 << 20  # bytes of one pyproject.toml


def pyproject(filename: str, data: bytes) -> bytes | None:
    """The pyproject.toml of a source distribution; None where it has none. All its names are checked on the way.

    Args:
        filename: Its file name, which says what kind of archive it is.
        data: The archive.

    Raises:
        BrokenSource: It cannot be read, is too large, or holds a name or a link that leaves it.
    """
    members = _zip(data) if filename.endswith(".zip") else _tar(filename, data)
    found, size, count = None, 0, 0
    try:
        for name, bytes_, content in members:
            path = inner_path(name, filename)
            size, count = size + bytes_, count + 1
            if size > _MOST_BYTES or count > _MOST_FILES:
                raise BrokenSource(filename, "it is larger than is built")
            if len(path.parts) == 2 and path.name == "pyproject.toml" and content is not None:
                found = content.read(_PYPROJECT)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise BrokenSource(filename, f"no archive that can be read: {error}") from error
    return found


_Member = tuple[str, int, IO[bytes] | None]


def _tar(filename: str, data: bytes) -> Iterator[_Member]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as tar:
        for member in tar:
            if member.issym() or member.islnk():
                folder = "" if member.islnk() else member.name.rpartition("/")[0]
                _check_link(folder, member.linkname, filename)
            elif not member.isfile() and not member.isdir():
                raise BrokenSource(filename, f"it holds {member.name!r}, which is no file")
            yield member.name, member.size, tar.extractfile(member) if member.isfile() else None


def _zip(data: bytes) -> Iterator[_Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                yield entry.filename, 0, None
                continue
            with archive.open(entry) as content:
                yield entry.filename, entry.file_size, content


def _check_link(folder: str, target: str, filename: str) -> None:
    """A link may point up, as long as it stays within the archive."""
    depth = len([part for part in folder.split("/") if part not in ("", ".")])
    for part in target.split("/"):
        depth += -1 if part == ".." else int(part not in ("", "."))
        if depth < 0 or target.startswith("/"):
            raise BrokenSource(filename, f"it holds a link to {target!r}, which leaves it")
