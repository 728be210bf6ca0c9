"""A repository in scope, as a closure is computed from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lampas.core.modules.values import Module
from lampas.core.names import RepositoryName


@dataclass(frozen=True)
class Scope:
    """One repository in scope: its modules, their modes by path, and where module names start."""

    repository: RepositoryName
    root: str
    modules: Sequence[Module]
    modes: Mapping[str, int]
