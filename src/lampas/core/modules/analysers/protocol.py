"""What every analyser promises."""

from __future__ import annotations

from typing import Protocol

from lampas.core.modules.values import Facts


class Analyser(Protocol):
    """Reads one revision alone, so that its facts are read once and kept for ever. A module with these names is one.

    It never executes what it reads, never fails whatever the bytes are, takes linear time, and stays within bounds that
    it states: what is beyond them becomes a problem of the facts. The same bytes give the same facts, in any thread.
    """

    @property
    def NAME(self) -> str:  # noqa: N802 (a constant of each analyser's module)
        """Its name, under which facts are kept."""

    @property
    def VERSION(self) -> int:  # noqa: N802
        """Grows when it reads more, or otherwise, in the same bytes."""

    def analyse(self, source: bytes, file: str = "") -> Facts:
        """Reads one revision.

        Args:
            source: Its bytes, whatever they are.
            file: The last part of its path, where the syntax depends on it.
        """
