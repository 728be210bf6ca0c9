"""A tar stream → files below a directory. Only regular files, only below it, whatever the stream says."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lampas.errors import Failed, InvalidInput


def unpack(chunks: Iterator[bytes], directory: Path) -> int:
    """Writes the files of a tar stream; returns how many. (The `data` filter of tarfile is younger than Debian 12.)

    Raises:
        InvalidInput: The stream ends early, or names what is no file below the directory.
        Failed: The directory cannot be written.
    """
    files = 0
    try:
        with tarfile.open(fileobj=ChunkReader(chunks), mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is None:
                    raise InvalidInput(f"{member.name!r} in the release is no file", "export it again")
                target = _below(directory, member.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as sink:
                    shutil.copyfileobj(content, sink, 1 << 20)
                target.chmod(0o755 if member.mode & 0o111 else 0o644)
                files += 1
    except tarfile.TarError as error:
        raise InvalidInput(f"the release could not be read whole: {error}", "export it again") from error
    except OSError as error:
        raise Failed(f"{directory} cannot be written: {error.strerror}", "make room, or name another place") from error
    return files


def _below(directory: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise InvalidInput(f"{name!r} in the release leads out of the directory", "export it again")
    return directory.joinpath(*path.parts)


class ChunkReader(io.RawIOBase):
    """Reads chunks as they come, in memory for one of them."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._left = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Exactly `size` bytes, fewer at the end only."""
        parts = [self._left]
        held = len(self._left)
        while size < 0 or held < size:
            part = next(self._chunks, None)
            if part is None:
                break
            parts.append(part)
            held += len(part)
        data = b"".join(parts)
        cut = len(data) if size < 0 else size
        self._left = data[cut:]
        return data[:cut]
