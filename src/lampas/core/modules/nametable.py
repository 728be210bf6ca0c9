"""The name table of the repositories in scope: which file an import name leads to. It follows changes name by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from lampas.core.modules.values import Kind, Module
from lampas.core.names import RepositoryName

_RANK: Final = {Kind.PACKAGE: 0, Kind.EXTENSION: 1, Kind.MODULE: 2}  # Python's own order within one directory


class NameTable:
    """Import names of one or more repositories. Where two have a name, the first repository in scope wins, and within
    one the order of Python decides.

    Args:
        scopes: The modules of each repository, in order.
        chosen: Name, or package around it, → the repository that was chosen for it.

    Attributes:
        asked: The names that were looked up since somebody emptied it: what an answer depended on. A name ends in `.*`
            for everything below it.
    """

    def __init__(
        self, scopes: Sequence[Iterable[Module]] = (), chosen: Mapping[str, RepositoryName] | None = None
    ) -> None:
        self.asked: set[str] = set()
        self._modules: dict[str, Module] = {}
        self._others: dict[str, list[Module]] = {}  # names that more than one file has: all of them, best first
        self._children: dict[str, set[str]] = {}  # a package, or a directory of modules → the full names right below
        self._order: dict[RepositoryName, int] = {}
        self._chosen = chosen or {}
        for scope in scopes:
            for module in scope:
                self.add(module)

    def order(self, repository: RepositoryName) -> None:
        """Gives a repository its turn: the one that was named earlier goes first."""
        self._order.setdefault(repository, len(self._order))

    def replace(self, module: Module) -> None:
        """Takes another content of a file that it has, under the same name."""
        every = self._others.get(module.name)
        if every is not None:
            every[:] = [module if (m.repository, m.path) == (module.repository, module.path) else m for m in every]
            self._modules[module.name] = every[0]
        elif module.kind in _RANK:
            self._modules[module.name] = module

    def add(self, module: Module) -> list[str]:
        """Takes a module in. Returns what changed, in the words of `asked`; nothing for what no import can name."""
        if module.kind not in _RANK:
            return []
        self.order(module.repository)
        known = self._modules.get(module.name)
        if known is not None:
            every = self._others.setdefault(module.name, [known])
            every.append(module)
            every.sort(key=self._rank)
            self._modules[module.name] = every[0]
        else:
            self._modules[module.name] = module
        return self._above(module.name, added=True)

    def remove(self, module: Module) -> list[str]:
        """Lets a module go. Returns what changed, as `add` does."""
        if module.kind not in _RANK:
            return []
        every = self._others.get(module.name)
        if every is not None:
            every[:] = [other for other in every if other.path != module.path or other.repository != module.repository]
            self._modules[module.name] = every[0]
            if len(every) == 1:
                del self._others[module.name]
        else:
            self._modules.pop(module.name, None)
        return self._above(module.name, added=False)

    def _rank(self, module: Module) -> tuple[int, int, int, str]:
        name, preferred = module.name, None
        while name and preferred is None:
            preferred = self._chosen.get(name)
            name = name.rpartition(".")[0]
        return (module.repository != preferred, self._order[module.repository], _RANK[module.kind], module.path)

    def _above(self, name: str, *, added: bool) -> list[str]:
        """Keeps the directories around a name. What changed: the name, each directory that came or went, lists."""
        changed = [name]
        while parent := name.rpartition(".")[0]:
            below = self._children.get(parent)
            changed.append(f"{parent}.*")
            if added:
                if below is None:
                    below = self._children[parent] = set()
                    changed.append(parent)
                below.add(name)
            elif below is not None and name not in self._modules and name not in self._children:
                below.discard(name)
                if not below:
                    del self._children[parent]
                    changed.append(parent)
            name = parent
        return changed

    def module(self, name: str) -> Module | None:
        """The module of exactly this name, if a file stands for it."""
        self.asked.add(name)
        return self._modules.get(name)

    def is_namespace(self, name: str) -> bool:
        """Whether the name is a directory with modules and without `__init__.py`."""
        self.asked.add(name)
        return name in self._children and name not in self._modules

    def is_package(self, name: str) -> bool:
        """Whether other modules can stand under the name."""
        self.asked.add(name)
        module = self._modules.get(name)
        return name in self._children or (module is not None and module.kind is Kind.PACKAGE)

    def has_top(self, name: str) -> bool:
        """Whether the first part of a dotted name is a real module or package here, not a mere directory."""
        top = name.partition(".")[0]
        self.asked.add(top)
        return top in self._modules

    def parents(self, name: str) -> list[Module]:
        """The packages around a module, innermost first."""
        found = []
        while name := name.rpartition(".")[0]:
            self.asked.add(name)
            if (module := self._modules.get(name)) is not None:
                found.append(module)
        return found

    def below(self, name: str) -> list[Module]:
        """All modules under a package, sorted by name."""
        self.asked.add(f"{name}.*")
        found, waiting = [], [name]
        while waiting:
            for child in self._children.get(waiting.pop(), ()):
                if child in self._modules:
                    found.append(child)
                waiting.append(child)
        return [self._modules[child] for child in sorted(found)]

    def directly_below(self, name: str) -> list[Module]:
        """The modules and packages right under a package, sorted by name."""
        self.asked.add(f"{name}.*")
        return [self._modules[child] for child in sorted(self._children.get(name, ())) if child in self._modules]

    def rivals(self, name: str) -> Sequence[Module]:
        """The files of more than one repository that stand for one name, with different content; the best first."""
        every = self._others.get(name, ())
        different = len({module.oid for module in every}) > 1 and len({module.repository for module in every}) > 1
        return every if different and not self._is_chosen(name) else ()

    def _is_chosen(self, name: str) -> bool:
        while name:
            if name in self._chosen:
                return True
            name = name.rpartition(".")[0]
        return False

    def names(self) -> Iterable[str]:
        """All names that have a file."""
        return self._modules.keys()
