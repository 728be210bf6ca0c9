"""Keeps the number of packs small: each push brings one, and every pack costs every read.

Packs are merged geometrically. The merged pack is published and the old ones are superseded in one transaction; they
are deleted once a grace period is over. Killed between any two steps, nothing is lost: until that transaction the
old packs count, after it the new one does, and what nobody counts is collected.
"""

from __future__ import annotations

import logging
from pathlib import Path

from lampas import process
from lampas.core.history import packs
from lampas.core.names import RepositoryName
from lampas.errors import Conflict, Failed
from lampas.git import places
from lampas.git.cache import Cache
from lampas.git.places import Places
from lampas.git.views import open_view, sweep
from lampas.store import history, history_packs

_LOG = logging.getLogger("lampas.git")
WORTH = 16  # packs, from which on a repository is compacted without being asked
LARGE = 4000  # objects, from which on indexes for walking the history are worth their making
_SECONDS = 3600.0


def compact(where: Places, repository: RepositoryName) -> bool:
    """Merges packs of a repository where that is worth while. Pushes and reads go on meanwhile.

    Returns:
        Whether anything was merged.

    Raises:
        NotFound: There is no such repository.
        Conflict: Another compaction was faster.
        Failed: git could not do it.
    """
    cache = Cache(where)
    stand = history.stand(repository)
    merge = [pack.name for pack in packs.to_merge(history_packs.facts(stand.id))]
    if not merge:
        return False
    with open_view(where, cache, repository) as view:
        made = _merged(view, merge)
        name = history_packs.stage(stand.id, history_packs.at(made))
        history_packs.supersede(repository, name, merge)
        cache.ensure(repository, hint=made.parent)
    return True


def polish(where: Places, repository: RepositoryName) -> None:
    """Writes a commit graph, and a bitmap where the history is one pack: what a large history is walked with.

    Raises:
        Failed: git could not do it.
    """
    directory = Cache(where).ensure(repository)
    git = ["git", f"--git-dir={directory}"]
    process.check(
        [*git, "commit-graph", "write", "--reachable", "--changed-paths"], env=places.environment(), timeout=_SECONDS
    )
    process.check([*git, "multi-pack-index", "write", "--bitmap"], env=places.environment(), timeout=_SECONDS)


def run_due(where: Places) -> int:
    """What the worker does from time to time: compacts what is worth it, collects, sweeps. Returns how many it merged.

    One repository that fails does not keep the others from it.
    """
    merged = 0
    for stand in history.list_all():
        facts = history_packs.facts(stand.id)
        try:
            if len(facts) >= WORTH and compact(where, stand.name):
                merged += 1
                if sum(pack.objects for pack in facts) >= LARGE:
                    polish(where, stand.name)
        except (Conflict, Failed):
            _LOG.warning("the compaction of %s failed", stand.name, exc_info=True)
    history_packs.collect()
    sweep(where)
    return merged


def _merged(view: Path, names: list[str]) -> Path:
    """Makes one pack of all the objects in some packs of a view, reachable or not. Returns its path."""
    made = view.parent / "merged"
    made.mkdir()
    printed = process.check(
        ["git", f"--git-dir={view}", "pack-objects", "--stdin-packs", "--quiet", str(made / "pack")],
        stdin="".join(f"pack-{name}.pack\n" for name in names).encode(),
        env=places.environment(),
        timeout=_SECONDS,
    )
    return made / f"pack-{printed.decode().strip()}.pack"
