"""A view: a private repository for one request, made of hard links to the cache.

The cache may be deleted while git reads it, so git never reads it: it reads a view, which lives as long as the request.
And what a push brings stays in its view until MariaDB has committed it. So nothing unpublished is ever mixed with
what is published, and git's check that a push is complete counts published objects only.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from lampas.core.names import RepositoryName
from lampas.errors import Failed
from lampas.git import layout, places
from lampas.git.cache import Cache
from lampas.git.places import Places

_PREFIX = "view-"
_TRIES = 3


@contextlib.contextmanager
def open_view(where: Places, cache: Cache, name: RepositoryName) -> Iterator[Path]:
    """Makes a view of a repository as it stands now, and removes it at the end.

    Yields:
        The directory of the bare repository, `…/NAME.git`.

    Raises:
        NotFound: There is no such repository.
        Failed: It cannot be written.
    """
    home = places.scratch(where) / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
    try:
        yield _make(cache, name, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def sweep(where: Places) -> int:
    """Removes views whose process is gone. Returns how many."""
    removed = 0
    for home in places.scratch(where).glob(f"{_PREFIX}*-*"):
        owner = home.name.removeprefix(_PREFIX).split("-")[0]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(home, ignore_errors=True)
            removed += 1
    return removed


def _make(cache: Cache, name: RepositoryName, home: Path) -> Path:
    for attempt in range(_TRIES):
        target = home / str(attempt) / f"{name}.git"
        try:
            _link_all(cache.ensure(name), target)
            return target
        except (FileNotFoundError, Failed):  # the cache was deleted, or a pack retired, while it was linked
            continue
    target = home / "own" / f"{name}.git"
    cache.build(name, target)  # whatever deletes the cache over and over cannot reach this one
    return target


def _link_all(source: Path, target: Path) -> None:
    for folder in ("objects/pack", "objects/info", "refs/heads", "refs/tags"):
        (target / folder).mkdir(parents=True)
    # The order matters while the source grows: refs first, then what they need.
    for file in ("HEAD", "config", "packed-refs"):
        os.link(source / file, target / file)
    with contextlib.suppress(FileNotFoundError):
        os.link(source / layout.GRAPH, target / layout.GRAPH)
    for entry in (source / "objects/pack").iterdir():
        if entry.name.startswith(("pack-", "multi-pack-index")):
            os.link(entry, target / "objects/pack" / entry.name)
    if not (source / layout.STAND).exists():  # deleted half-way: what was linked may not be all
        raise FileNotFoundError(source)
