"""Turns what nodes tell while they apply into the live steps of an operation."""

from __future__ import annotations

from types import TracebackType

from django.db import transaction

from lampas.store.models import OperationStep
from lampas.store.queue import Steps


class LiveSteps:
    """Fills `sending.Progress`: a step that is running is shown at once; its end is written with what comes next.

    So a step costs one commit, not two, while the node is at work on the same cores.
    """

    def __init__(self, steps: Steps) -> None:
        """Shows under the given operation's steps."""
        self._steps = steps
        self._open: dict[tuple[str, str], OperationStep] = {}
        self._ended: list[tuple[str, str, str, str]] = []

    def __enter__(self) -> LiveSteps:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._write_ended()

    def event(self, node: str, step: str, state: str, detail: str) -> None:
        """One thing that happened on a node."""
        if state != "running":
            self._ended.append((node, step, state, detail))
            return
        with transaction.atomic():
            self._write_ended()
            self._open[node, step] = self._steps.begin(step, detail, node)

    def _write_ended(self) -> None:
        with transaction.atomic():
            for node, step, state, detail in self._ended:
                known = self._open.pop((node, step), None) or self._steps.begin(step, detail, node)
                self._steps.end(known, state, detail or known.detail)
        self._ended.clear()
