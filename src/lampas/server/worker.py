"""The worker: lanes for building and for serving, a watch over what nodes really run, a follower of pushes.

Run as `python -m lampas.server.worker`. It may be killed at any moment; the next one resumes.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path


def main() -> None:
    """Runs until SIGTERM or SIGINT; what is in hand is finished first."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(threadName)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lampas.server.settings")
    import django

    django.setup()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    _work(stopping)


def _work(stopping: threading.Event) -> None:
    from django.conf import settings

    from lampas.server import handlers, periodic
    from lampas.server.lanes import Doorbell, Lane
    from lampas.store import queue

    bell = Doorbell(Path(settings.CONFIGURATION.doorbell))
    queue.release_leases()
    lanes = [
        Lane("build", handlers.BUILDING, bell, stopping),
        Lane("serve", handlers.SERVING, bell, stopping),
    ]

    def extend() -> None:
        queue.extend([lane.in_hand for lane in lanes if lane.in_hand is not None])

    heartbeat = periodic.Periodic(extend, queue.LEASE.total_seconds() / 3, stopping)
    for thread in (*lanes, heartbeat, *periodic.threads(stopping)):
        thread.start()
    while not stopping.wait(3600):
        pass
    bell.ring()
    for lane in lanes:
        lane.join()


if __name__ == "__main__":
    main()
