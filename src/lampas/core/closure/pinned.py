"""Does what is pinned fit what it is put into? As far as sources tell: nothing is run for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from lampas.core.closure.pins import Pin
from lampas.core.closure.values import Closure
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver
from lampas.core.modules.values import Facts, Import, Kind, Module, When
from lampas.core.names import RepositoryName

_CODE = (Kind.PACKAGE, Kind.MODULE, Kind.SCRIPT)
_Place = tuple[RepositoryName, str]
_NOTHING = Facts()


@dataclass(frozen=True)
class Broken:
    """One way in which a pin does not fit.

    Attributes:
        repository: Whose file says it.
        file: The file.
        line: The line, from 1.
        words: What is wrong, for people.
    """

    repository: RepositoryName
    file: str
    line: int
    words: str


@dataclass(frozen=True)
class Reading:
    """What is read of sources.

    Attributes:
        facts: What the analyser read in a file.
        names: The names that a module has; None where its source does not tell all of them.
        bad_line: The first line whose syntax is bad; 0 where none is.
    """

    facts: Callable[[Module], Facts]
    names: Callable[[Module], Collection[str] | None]
    bad_line: Callable[[Module], int]


def broken(
    closure: Closure, pins: Collection[Pin], table: NameTable, resolver: Resolver, old: Mapping[_Place, Module],
    reading: Reading,
) -> list[Broken]:  # fmt: skip
    """What does not fit, by file and line. What was as bad before the pin is none of its doing.

    Args:
        closure: The closure, pins included.
        pins: What is pinned.
        table: The names in scope, pins included.
        resolver: What imports mean in it.
        old: What stood at the places of the pins, where something did.
        reading: What is read of sources.
    """
    pinned = {(pin.repository, pin.path): pin for pin in pins}
    members = [
        Module(one.repository, one.path, one.module, one.kind, one.revision)
        for one in closure.members
        if one.kind in _CODE
    ]
    found: list[Broken] = []
    for module in members:
        if (place := (module.repository, module.path)) in pinned:
            before = old.get(place)
            found += _syntax(module, before, reading)
            found += _nowhere(closure, module, before, resolver, reading)
    check = _Names(pinned, old, table, resolver, reading)
    for module in members:
        found += check.of(module)
    return sorted(set(found), key=lambda one: (one.repository, one.file, one.line, one.words))


def _syntax(module: Module, before: Module | None, reading: Reading) -> Iterator[Broken]:
    line = reading.bad_line(module)
    if line and not (before is not None and reading.bad_line(before)):
        yield Broken(module.repository, module.path, line, f"the syntax of {module.path}:{line} is bad")


def _nowhere(
    closure: Closure, module: Module, before: Module | None, resolver: Resolver, reading: Reading
) -> Iterator[Broken]:
    known = _imported(before, resolver, reading) if before is not None else set()
    for one in closure.unresolved:
        here = (one.repository, one.file) == (module.repository, module.path)
        if here and not one.optional and not one.waived and one.name not in known:
            words = f"{one.file}:{one.line} imports {one.name}, which is nowhere in the rest"
            yield Broken(module.repository, one.file, one.line, words)


def _imported(module: Module, resolver: Resolver, reading: Reading) -> set[str]:
    """Every name that the imports of a module spell."""
    found: set[str] = set()
    for item in reading.facts(module).imports:
        name = resolver.absolute(module, item) or "." * item.level + item.module
        found |= {name, *(f"{name}.{taken}" for taken in item.names)}
    return found


@dataclass(frozen=True)
class _Names:
    """Names that members take from each other, where one of the two is pinned."""

    pinned: Mapping[_Place, Pin]
    old: Mapping[_Place, Module]
    table: NameTable
    resolver: Resolver
    reading: Reading

    def of(self, module: Module) -> Iterator[Broken]:
        """What a member takes and does not get."""
        mine = (module.repository, module.path) in self.pinned
        for item in self.reading.facts(module).imports:
            if not item.names or item.when in (When.OPTIONAL, When.TYPING) or item.provenance != "import":
                continue
            name = self.resolver.absolute(module, item)
            giver = self.table.module(name) if name is not None else None
            if giver is None or giver.kind not in _CODE:
                continue
            place = (giver.repository, giver.path)
            if mine or place in self.pinned:
                yield from self._taken(module, item, giver, self.pinned.get(place), mine=mine)

    def _taken(self, module: Module, item: Import, giver: Module, pin: Pin | None, *, mine: bool) -> Iterator[Broken]:
        names = self.reading.names(giver)
        before = self.old.get((giver.repository, giver.path)) if pin is not None else None
        earlier = self.reading.names(before) if before is not None else None
        if names is None:
            return
        for taken in item.names:
            if taken == "*" or taken in names or self._below(f"{giver.name}.{taken}"):
                continue
            if not mine and (earlier is None or taken not in earlier):
                continue  # nobody can say that it was there before
            if mine and pin is None and self._took(module, giver, taken):
                continue
            at = f"at {pin.commit[:12]}" if pin is not None else "there"
            words = f"{module.path}:{item.line} takes {taken} from {giver.name}, which has no such name {at}"
            yield Broken(module.repository, module.path, item.line, words)

    def _below(self, name: str) -> bool:
        return self.table.module(name) is not None or self.table.is_namespace(name)

    def _took(self, module: Module, giver: Module, taken: str) -> bool:
        """Whether the module took a name before it was pinned."""
        before = self.old.get((module.repository, module.path))
        facts = self.reading.facts(before) if before is not None else _NOTHING
        return any(taken in item.names and self.resolver.absolute(module, item) == giver.name for item in facts.imports)
