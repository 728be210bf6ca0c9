"""Who wrote each line of a file, by git itself over the disposable cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from lampas import process
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound
from lampas.git import places
from lampas.git.cache import Cache
from lampas.git.places import Places

_SECONDS = 30.0


@dataclass(frozen=True)
class BlamedLine:
    """A line of a file, from 1, with the commit that wrote it."""

    line: int
    commit: str
    author: str
    when: datetime
    text: str


def blame(where: Places, repository: RepositoryName, commit: Oid, path: str) -> list[BlamedLine]:
    """The lines of a file at a commit.

    Raises:
        NotFound: No such repository, commit or file.
        Failed: It took too long.
    """
    directory = Cache(where).ensure(repository)
    argv = ["git", f"--git-dir={directory}", "blame", "--porcelain", commit, "--", path]
    done = process.run(argv, env=places.environment(), timeout=_SECONDS)
    if done.status != 0:
        raise NotFound(f"{repository} has no file {path} at {commit[:12]}")
    return list(_lines(done.stdout))


def _lines(porcelain: bytes) -> Iterator[BlamedLine]:
    """git tells of each commit once, at its first line."""
    known: dict[str, dict[str, str]] = {}
    commit, number = "", 0
    starts = True
    for raw in porcelain.split(b"\n"):
        text = raw.decode(errors="replace")
        if text.startswith("\t"):
            facts = known[commit]
            when = datetime.fromtimestamp(int(facts.get("author-time", "0")), UTC)
            yield BlamedLine(number, commit, facts.get("author", ""), when, text[1:])
            starts = True
        elif starts and text:
            words = text.split(" ")
            commit, number = words[0], int(words[2])
            known.setdefault(commit, {})
            starts = False
        elif text:
            key, _, value = text.partition(" ")
            known[commit][key] = value
