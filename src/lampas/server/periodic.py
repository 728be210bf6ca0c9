"""What the worker does again and again beside its lanes: observe nodes, follow pushes, tidy history.

None of it is waited for, and each may be late or be killed at any moment: the next round does what is left.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import close_old_connections
from django.db.utils import Error as DatabaseError

from lampas.build import heads
from lampas.dispatch import databases, observe
from lampas.errors import LampasError
from lampas.git import compaction
from lampas.git.reader import GitReader
from lampas.store import projections

LOG = logging.getLogger("lampas.worker")


class Periodic(threading.Thread):
    """One thread that does one thing, then rests, until the worker stops."""

    def __init__(self, work: Callable[[], object], seconds: float, stopping: threading.Event) -> None:
        """Prepares it.

        Args:
            work: What it does; its name names the thread.
            seconds: How long it rests in between.
            stopping: Set when the worker ends.
        """
        super().__init__(name=getattr(work, "__name__", "periodic"), daemon=True)
        self._work = work
        self._seconds = seconds
        self._stopping = stopping

    def run(self) -> None:
        """Works and rests."""
        while not self._stopping.is_set():
            try:
                close_old_connections()
                self._work()
            except (DatabaseError, LampasError) as error:
                LOG.warning("%s: %s", self.name, error)
            self._stopping.wait(self._seconds)


def follow() -> None:
    """Brings the module tables, and what applications need, up to the heads that moved. Being late is no harm: they are
    projections."""
    reader = GitReader(settings.CONFIGURATION)
    for repository in projections.behind():
        projections.refresh(reader, repository)
    heads.refresh(reader)


def tidy() -> None:
    """Compacts packs, collects what was never published, sweeps views and databases that a crash left."""
    compaction.run_due(settings.CONFIGURATION)
    databases.sweep()


def end_visits() -> None:
    """Ends persons' accounts to databases that have had their time."""
    databases.sweep_due()


def threads(stopping: threading.Event) -> list[Periodic]:
    """All of them; times in seconds."""
    return [
        Periodic(observe.all_nodes, 2, stopping),
        Periodic(follow, 1, stopping),
        Periodic(tidy, 300, stopping),
        Periodic(end_visits, 10, stopping),
    ]
