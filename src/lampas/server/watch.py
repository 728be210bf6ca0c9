"""The watch: asks every node, every few seconds, what it really runs, and writes it down as observed."""

from __future__ import annotations

import logging
import threading

from django.db import close_old_connections
from django.db.utils import Error as DatabaseError

from lampas.dispatch import observe

LOG = logging.getLogger("lampas.worker")
SECONDS = 2.0


class Watch(threading.Thread):
    """One thread that observes until the worker stops."""

    def __init__(self, stopping: threading.Event) -> None:
        """Prepares it, until `stopping` is set."""
        super().__init__(name="watch", daemon=True)
        self._stopping = stopping

    def run(self) -> None:
        """Observes every node, then rests."""
        while not self._stopping.is_set():
            try:
                close_old_connections()
                observe.all_nodes()
            except DatabaseError as error:
                LOG.warning("nothing observed: %s", error)
            self._stopping.wait(SECONDS)
