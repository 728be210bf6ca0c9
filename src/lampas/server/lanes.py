"""Lanes of the worker: threads that take operations from the queue, and the doorbell that wakes them."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import close_old_connections
from django.db.utils import Error as DatabaseError

from lampas.errors import Failed, LampasError
from lampas.store import queue
from lampas.store.models import Operation

LOG = logging.getLogger("lampas.worker")
Handler = Callable[[Operation, queue.Steps], dict[str, Any]]


class Doorbell:
    """A datagram socket that wakes the lanes when an operation was committed."""

    def __init__(self, path: Path) -> None:
        """Binds the socket, replacing what a dead predecessor left."""
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o600)
        self._rung = threading.Condition()
        self._count = 0
        threading.Thread(target=self._listen, name="doorbell", daemon=True).start()

    def wait(self, seen: int, seconds: float = 1.0) -> int:
        """Waits until it rang since `seen`, or for `seconds`, since a ring may be lost.

        Returns:
            What is to be given as `seen` the next time.
        """
        with self._rung:
            self._rung.wait_for(lambda: self._count != seen, timeout=seconds)
            return self._count

    def ring(self) -> None:
        """Wakes every lane from inside this process."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def _listen(self) -> None:
        while True:
            self._socket.recv(16)
            self.ring()


class Lane(threading.Thread):
    """One thread that takes operations of some kinds, one after the other."""

    def __init__(self, name: str, handlers: Mapping[str, Handler], bell: Doorbell, stopping: threading.Event) -> None:
        """Prepares the lane.

        Args:
            name: For the log.
            handlers: What carries out each kind and returns its result.
            bell: What wakes it.
            stopping: Set when the worker ends: the operation in hand is finished, no other is taken.
        """
        super().__init__(name=name)
        self._handlers = handlers
        self._bell = bell
        self._stopping = stopping
        self.in_hand: int | None = None

    def run(self) -> None:
        """Takes operations until the worker stops."""
        seen = 0
        while not self._stopping.is_set():
            try:
                busy = self._advance()
            except DatabaseError as error:
                # What was taken stays leased; once the lease has ended it is taken again and resumed.
                LOG.warning("the database does not answer: %s", error)
                close_old_connections()
                self._stopping.wait(1.0)
                continue
            if not busy:
                seen = self._bell.wait(seen)

    def _advance(self) -> bool:
        close_old_connections()
        operation = queue.take(tuple(self._handlers))
        if operation is None:
            return False
        self.in_hand = operation.pk
        steps = queue.Steps(operation)
        try:
            result = self._handlers[operation.kind](operation, steps)
        except LampasError as error:
            self._fail(operation, steps, error)
        except DatabaseError:
            raise
        except Exception as error:
            LOG.exception("operation %s broke", operation.pk)
            self._fail(operation, steps, Failed(f"LAMPAS itself failed: {error!r}", "see the worker's log; report it"))
        else:
            queue.succeed(operation, result)
        finally:
            self.in_hand = None
        return True

    @staticmethod
    def _fail(operation: Operation, steps: queue.Steps, error: LampasError) -> None:
        steps.fail_running(error.message)
        queue.fail(operation, error)
