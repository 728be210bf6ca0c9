"""Search in the text of a commit, by `git grep` over the disposable cache, bounded in matches and in time."""

from __future__ import annotations

from dataclasses import dataclass

from lampas import process
from lampas.core.names import Oid, RepositoryName
from lampas.errors import Failed, InvalidInput
from lampas.git import places
from lampas.git.cache import Cache
from lampas.git.places import Places

_FILE = 50  # matches that one file may give
_TEXT = 300  # characters of a line that are shown
_BYTES = 8 << 20  # of git's answer that are read
_SECONDS = 20.0


@dataclass(frozen=True)
class Match:
    """A line that holds what was searched; lines count from 1."""

    repository: str
    path: str
    line: int
    text: str


def grep(where: Places, repository: RepositoryName, commit: Oid, text: str, limit: int) -> list[Match]:
    """Lines of text files that hold a text as it stands, case counts; at most `limit`.

    Raises:
        NotFound: No such repository.
        InvalidInput: The text cannot be searched.
        Failed: git failed.
    """
    if not text or "\n" in text or "\0" in text:
        raise InvalidInput("this text cannot be searched", "give one line of text")
    directory = Cache(where).ensure(repository)
    argv = ["timeout", f"{_SECONDS:g}", "git", f"--git-dir={directory}", "grep", "-I", "-n", "-z", "-F", "--threads=1"]
    argv += [f"--max-count={_FILE}", "-e", text, commit]
    running = process.start(argv, env=places.environment())
    assert running.stdout is not None and running.stderr is not None  # noqa: S101 - they were asked for
    try:
        data = running.stdout.read(_BYTES)
    finally:
        running.kill()
        running.stdout.close()
        words = running.stderr.read(500).decode(errors="replace").strip()
        running.stderr.close()
        status = running.wait()
    if status > 1 and status != 124:
        raise Failed(f"git grep in {repository} failed: {words}")
    return [found for line in data.split(b"\n")[:limit] if (found := _match(repository, line)) is not None]


def _match(repository: str, line: bytes) -> Match | None:
    parts = line.split(b"\0", 2)
    if len(parts) != 3 or not parts[1].isdigit():
        return None
    path = parts[0].partition(b":")[2].decode(errors="replace")
    return Match(repository, path, int(parts[1]), parts[2].decode(errors="replace")[:_TEXT])
