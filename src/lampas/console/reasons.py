"""Chains of reasons as a page shows them: from the application to a member, each edge with where it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from lampas.core.closure.values import Closure, Edge
from lampas.core.closure.walk import chain
from lampas.core.definition.values import Definition


class Reasons:
    """The reasons of one closure."""

    def __init__(self, closure: Closure, definition: Definition) -> None:
        """Args: the closure, and the definition that it was computed by."""
        self._closure = closure
        self._definition = definition
        self._edges = {member.edge.target: member.edge for member in reversed(closure.members)}
        self._repositories = {member.path: member.repository for member in closure.members}

    def of(self, edge: Edge | None) -> list[dict[str, Any]]:
        """The chain whose last edge is `edge`, from the application on."""
        return self.placed([*chain(self._edges, edge.source), edge]) if edge is not None else []

    def placed(self, edges: Iterable[Edge]) -> list[dict[str, Any]]:
        """Edges, each with the address of the line that says it."""
        return [{**edge.public(), "url": self._address(edge)} for edge in edges]

    def _address(self, edge: Edge) -> str:
        if edge.file == self._definition.file:
            repository, at = self._definition.defined_in, str(self._definition.definition_commit)
        else:
            repository = self._repositories.get(edge.file, self._closure.repository)
            at = str(self._closure.commit) if repository == self._closure.repository else ""
        query = f"?{urlencode({'at': at})}" if at else ""
        line = f"#L{edge.line}" if edge.line else ""
        return f"/code/{repository}/file/{quote(edge.file)}{query}{line}"
