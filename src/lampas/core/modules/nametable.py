"""The name table of the repositories in scope: which file an import name leads to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lampas.core.modules.values import Kind, Module

_RANK = {Kind.PACKAGE: 0, Kind.EXTENSION: 1, Kind.MODULE: 2}  # Python's own order within one directory


class NameTable:
    """Import names of one or more repositories, in order: the first that has a name wins.

    Args:
        scopes: The modules of each repository.
    """

    def __init__(self, scopes: Sequence[Iterable[Module]]) -> None:
        self._modules: dict[str, Module] = {}
        self._namespaces: set[str] = set()
        self._below: dict[str, list[Module]] | None = None
        for scope in scopes:
            self._add(scope)

    def _add(self, scope: Iterable[Module]) -> None:
        ranked = sorted((m for m in scope if m.kind in _RANK), key=lambda m: (_RANK[m.kind], m.path))
        for module in ranked:
            self._modules.setdefault(module.name, module)
            parent = module.name
            while parent := parent.rpartition(".")[0]:
                self._namespaces.add(parent)

    def module(self, name: str) -> Module | None:
        """The module of exactly this name, if a file stands for it."""
        return self._modules.get(name)

    def is_namespace(self, name: str) -> bool:
        """Whether the name is a directory with modules and without `__init__.py`."""
        return name in self._namespaces and name not in self._modules

    def is_package(self, name: str) -> bool:
        """Whether other modules can stand under the name."""
        module = self._modules.get(name)
        return name in self._namespaces or (module is not None and module.kind is Kind.PACKAGE)

    def has_top(self, name: str) -> bool:
        """Whether the first part of a dotted name is a real module or package here, not a mere directory."""
        return name.partition(".")[0] in self._modules

    def parents(self, name: str) -> list[Module]:
        """The packages around a module, innermost first."""
        found = []
        while name := name.rpartition(".")[0]:
            if (module := self._modules.get(name)) is not None:
                found.append(module)
        return found

    def below(self, name: str) -> list[Module]:
        """All modules under a package, sorted by name."""
        if self._below is None:
            self._below = {}
            for key in sorted(self._modules):
                parent = key
                while parent := parent.rpartition(".")[0]:
                    self._below.setdefault(parent, []).append(self._modules[key])
        return self._below.get(name, [])

    def names(self) -> Iterable[str]:
        """All names that have a file."""
        return self._modules.keys()
