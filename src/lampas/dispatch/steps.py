"""Turns what nodes tell while they apply into the live steps of an operation."""

from __future__ import annotations

from lampas.store.models import OperationStep
from lampas.store.queue import Steps


class LiveSteps:
    """Fills `sending.Progress`: a step that is running is shown at once, its end when it comes."""

    def __init__(self, steps: Steps) -> None:
        """Shows under the given operation's steps."""
        self._steps = steps
        self._open: dict[tuple[str, str], OperationStep] = {}

    def event(self, node: str, step: str, state: str, detail: str) -> None:
        """One thing that happened on a node."""
        if state == "running":
            self._open[node, step] = self._steps.begin(step, detail, node)
            return
        known = self._open.pop((node, step), None) or self._steps.begin(step, detail, node)
        self._steps.end(known, state, detail or known.detail)
