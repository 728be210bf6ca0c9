"""A worker for tests of what waits for one: it takes operations in order and ends them as it was told."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class Worker:
    """Ends each operation with the result, or the error, that was given for its kind."""

    def __init__(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        self._results = results
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _work(self) -> None:
        from django.db import connection

        from lampas.store.models import Operation

        while not self._stopping.wait(0.01):
            for row in Operation.objects.filter(state="waiting").order_by("id"):
                self._end(row, self._results[row.kind])
        connection.close()

    def _end(self, row: Any, result: Mapping[str, Any]) -> None:
        now = datetime.now(UTC)
        row.steps.create(seq=1, name="first", state="done", detail="of two", started=now, ended=now)
        failed = "error" in result
        row.steps.create(
            seq=2, name="second", node="here", state="failed" if failed else "done", started=now, ended=now
        )
        row.state = "failed" if failed else "done"
        row.result = {} if failed else dict(result)
        row.error = dict(result["error"]) if failed else None
        row.ended = now
        row.save()
