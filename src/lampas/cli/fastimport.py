"""A directory's files as one commit, by `git fast-import`: no index, no attributes, no ignore rules, any name."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lampas import process
from lampas.errors import Failed, InvalidInput

_CHUNK = 1 << 20


@dataclass(frozen=True)
class File:
    """A file to import: its path with `/`, as bytes, git's mode, and its size in bytes."""

    path: bytes
    mode: str
    size: int


def files(directory: Path) -> list[File]:
    """Every file and symbolic link below a directory, sorted; what is named `.git` left out.

    Raises:
        InvalidInput: Something cannot be read, or is neither file nor link.
    """
    found: list[File] = []
    waiting = [os.fsencode(directory)]
    start = len(waiting[0].rstrip(b"/")) + 1
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise InvalidInput(f"{os.fsdecode(folder)} cannot be read: {error.strerror}") from error
        for entry in entries:
            if entry.name == b".git":
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
                continue
            status = entry.stat(follow_symlinks=False)
            found.append(File(entry.path[start:], _mode(entry.path, status), status.st_size))
    return sorted(found, key=lambda file: file.path)


def commit(
    repository: Path,
    environment: Mapping[str, str],
    directory: Path,
    content: Sequence[File],
    *,
    parent: str,
    author: str,
    message: str,
) -> str:
    """Makes the commit in a repository and returns its id.

    Args:
        repository: The repository.
        environment: Git's.
        directory: Where the files are read.
        content: Which of them.
        parent: The commit before; "": none.
        author: `NAME <ADDRESS>`.
        message: The message.

    Raises:
        Failed: fast-import failed.
        InvalidInput: A file changed or vanished while it was read.
    """
    marks = repository / "marks"
    running = process.start(
        ["git", "-C", repository, "fast-import", "--quiet", "--force", f"--export-marks={marks}"],
        stdin=process.PIPE,
        env=environment,
    )
    assert running.stdin is not None  # noqa: S101 - it was asked for
    try:
        _write(running.stdin, os.fsencode(directory), content, parent, author, message)
    except BrokenPipeError:
        pass
    except BaseException:
        running.kill()
        running.communicate()
        raise
    _out, err = running.communicate()
    if running.returncode != 0:
        raise Failed(f"git fast-import failed: {err.decode(errors='replace').strip()[-500:]}")
    return marks.read_text().split()[1]


def _write(out: IO[bytes], directory: bytes, content: Sequence[File], parent: str, author: str, message: str) -> None:
    text = message.encode(errors="replace")
    out.write(b"commit refs/heads/imported\nmark :1\n")
    out.write(f"committer {author} {int(time.time())} +0000\n".encode())
    out.write(b"data %d\n%s\n" % (len(text), text))
    if parent:
        out.write(f"from {parent}\n".encode())
    out.write(b"deleteall\n")
    for file in content:
        out.write(b"M %s inline %s\n" % (file.mode.encode(), _quoted(file.path)))
        _data(out, os.path.join(directory, file.path), file)  # noqa: PTH118 - bytes, which Path cannot hold
        out.write(b"\n")
    out.write(b"done\n")


def _data(out: IO[bytes], path: bytes, file: File) -> None:
    if file.mode == "120000":
        link = os.readlink(path)  # noqa: PTH115 - bytes
        out.write(b"data %d\n%s" % (len(link), link))
        return
    out.write(b"data %d\n" % file.size)
    left = file.size
    try:
        with open(path, "rb") as source:  # noqa: PTH123 - bytes
            while left and (part := source.read(min(_CHUNK, left))):
                out.write(part)
                left -= len(part)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InvalidInput(f"{os.fsdecode(path)} cannot be read: {error.strerror}") from error
    if left:
        raise InvalidInput(f"{os.fsdecode(path)} became shorter while it was read", "import it again")


def _quoted(path: bytes) -> bytes:
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def _mode(path: bytes, status: os.stat_result) -> str:
    if stat.S_ISLNK(status.st_mode):
        return "120000"
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput(f"{os.fsdecode(path)} is neither a file nor a symbolic link", "take it out of the directory")
    return "100755" if status.st_mode & stat.S_IXUSR else "100644"
