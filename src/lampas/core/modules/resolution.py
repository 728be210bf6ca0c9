"""Facts → what they mean: modules of the repositories in scope, the standard library, distributions, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lampas.core.modules.nametable import NameTable
from lampas.core.modules.values import Import, Kind, Module

# What Python has loaded before any path is searched: no file of an application can take these names.
_PRELOADED = frozenset(sys.builtin_module_names) | frozenset(
    "abc codecs encodings genericpath io os posixpath site stat _collections_abc importlib zipimport __main__".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class ToModule:
    """An import leads to a file of a repository in scope."""

    module: Module


@dataclass(frozen=True)
class ToDistribution:
    """An import leads to a locked distribution, given by its name."""

    distribution: str


@dataclass(frozen=True)
class ToNothing:
    """An import leads nowhere; `name` is as far as it was spelled."""

    name: str


@dataclass(frozen=True)
class ToBelow:
    """A computed name may lead to any module right under a package that begins so; `**`: to any below it."""

    package: str
    begun: str


Target = ToModule | ToDistribution | ToNothing | ToBelow


class Resolver:
    """Resolves imports in the order in which Python searches: preloaded, the code, the standard library, wheels.

    Args:
        table: The names of the repositories in scope.
        provided: Import prefix → distribution, from the metadata of the locked wheels.
        stdlib: The names of the standard library.
    """

    def __init__(
        self, table: NameTable, provided: Mapping[str, str], stdlib: frozenset[str] = sys.stdlib_module_names
    ) -> None:
        self._table = table
        self._provided = provided
        self._stdlib = stdlib

    def targets(self, module: Module, found: Import) -> Iterator[Target]:
        """What one import of a module leads to; nothing at all for the standard library.

        Args:
            module: Where the import stands.
            found: The import.
        """
        name = self.absolute(module, found)
        if name is None:
            yield ToNothing("." * found.level + found.module)
        elif found.provenance == "computed":
            yield from self.computed(name, found.names[0])
        else:
            yield from self.named(name, found.names, relative=found.level > 0)

    def named(self, name: str, names: tuple[str, ...], *, relative: bool) -> Iterator[Target]:
        """What the import of an absolute name leads to.

        Args:
            name: The name, without leading dots.
            names: What is taken from it.
            relative: Whether it was spelled with leading dots, so that nothing but the code is searched.
        """
        if not relative and self._beyond(name):
            yield from self._outside(name)
            return
        yield from self._inside(name, names)

    def computed(self, package: str, begun: str) -> Iterator[Target]:
        """What a computed name under a package may mean; nothing where the package is not the code's.

        Args:
            package: The package.
            begun: How the last part begins, with a `*`; `**` for all below.
        """
        if self._table.is_package(package) and (self._table.has_top(package) or self._known(package)):
            if (module := self._table.module(package)) is not None:
                yield ToModule(module)
            yield ToBelow(package, begun)

    def string(self, text: str) -> Target | None:
        """The module that a dotted string names: itself, or the longest front of it that leaves attributes alone.

        Args:
            text: Such as `shop.models`, `shop.auth.Backend`, `shop.tasks:run`.
        """
        name, colon, _ = text.partition(":")
        if not all(part.isidentifier() for part in name.split(".")):
            return None
        top = name.partition(".")[0]
        if not (self._table.has_top(name) or self._table.is_namespace(top)) or top in _PRELOADED:
            return None
        for left in range(1 if colon else 3):
            if (module := self._table.module(name)) is not None:
                # `pkg.word` names the package's attribute only where it is spelled like a class.
                return ToModule(module) if not left or "." in name or text.rpartition(".")[2][:1].isupper() else None
            name = name.rpartition(".")[0]
            if not name:
                break
        return None

    def absolute(self, module: Module, found: Import) -> str | None:
        """The name of an import without leading dots, as seen from a module; None where it leads above the top.

        Args:
            module: Where the import stands.
            found: The import.
        """
        if not found.level:
            return found.module
        if module.kind is Kind.SCRIPT:
            return None
        parts = module.name.split(".")
        drop = found.level - (1 if module.kind is Kind.PACKAGE else 0)
        if drop >= len(parts):
            return None
        base = parts[: len(parts) - drop]
        return ".".join([*base, found.module] if found.module else base)

    def _beyond(self, name: str) -> bool:
        """Whether a name is not the code's: preloaded, or elsewhere while the code has a mere directory for it."""
        top = name.partition(".")[0]
        if top in _PRELOADED:
            return True
        if self._table.has_top(name):
            return False
        if not self._table.is_namespace(top):
            return True
        return top in self._stdlib or top in self._provided or not self._known(name)

    def _known(self, name: str) -> bool:
        return self._table.module(name) is not None or self._table.is_package(name)

    def _outside(self, name: str) -> Iterator[Target]:
        if name.partition(".")[0] in _PRELOADED:
            return
        if (distribution := self.distribution(name)) is not None and name.partition(".")[0] not in self._stdlib:
            yield ToDistribution(distribution)
        elif name.partition(".")[0] not in self._stdlib:
            yield ToNothing(name)

    def distribution(self, name: str) -> str | None:
        """The locked distribution that provides an import name, by its longest known prefix."""
        while name:
            if (found := self._provided.get(name)) is not None:
                return found
            name = name.rpartition(".")[0]
        return None

    def _inside(self, name: str, names: tuple[str, ...]) -> Iterator[Target]:
        module = self._table.module(name)
        if module is None and not self._table.is_package(name):
            # `import pkg.missing`: what exists of the path is imported before it fails.
            yield from (ToModule(parent) for parent in self._table.parents(name)[:1])
            yield ToNothing(name)
            return
        if module is not None:
            yield ToModule(module)
        elif not names:
            yield from self._directory(name)
        for taken in names:
            member = self._table.module(f"{name}.{taken}")
            if member is not None:
                yield ToModule(member)
            elif self._table.is_namespace(f"{name}.{taken}"):
                yield from self._directory(f"{name}.{taken}")
            elif module is None and taken != "*":
                yield from self._attribute_of_namespace(f"{name}.{taken}")

    def _directory(self, name: str) -> Iterator[Target]:
        """A directory without `__init__` that is imported by itself: it has to be there, so its first file is."""
        yield from (ToModule(module) for module in self._table.below(name)[:1])

    def _attribute_of_namespace(self, name: str) -> Iterator[Target]:
        """`from namespace import name`: a bare directory has no attributes, so a distribution must share it."""
        distribution = self.distribution(name)
        yield ToDistribution(distribution) if distribution is not None else ToNothing(name)
