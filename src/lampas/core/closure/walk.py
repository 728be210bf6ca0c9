"""The walk from the links over everything that they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lampas.core.closure.data import PackageData
from lampas.core.closure.links import UnknownLink, expand, is_litter
from lampas.core.closure.values import Edge, Missing
from lampas.core.definition.values import Definition
from lampas.core.modules.nametable import NameTable
from lampas.core.modules.resolution import Resolver, ToDistribution, ToModule
from lampas.core.modules.values import Facts, Kind, Module, When
from lampas.core.names import Oid, RepositoryName

_CODE = (Kind.PACKAGE, Kind.MODULE, Kind.SCRIPT)
_IMPORTED = (*_CODE, Kind.EXTENSION)
_NOTHING = Facts()
Key = tuple[RepositoryName, str]


@dataclass
class Walk:
    """One breadth-first walk. Its results are read once `run` has returned.

    Attributes:
        definition: Whose links it starts from.
        scopes: The modules of each repository in scope, the definition's own first.
        roots: Where module names start in each repository.
        facts: What analysers read, by blob id.
        resolver: What imports mean.
        table: The names in scope.
    """

    definition: Definition
    scopes: Mapping[RepositoryName, Sequence[Module]]
    roots: Mapping[RepositoryName, str]
    facts: Mapping[Oid, Facts]
    resolver: Resolver
    table: NameTable
    reached: dict[Key, tuple[Module, Edge]] = field(default_factory=dict)
    distributions: dict[str, Edge] = field(default_factory=dict)
    missing: dict[tuple[str, int, str], Missing] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _wave: list[Module] = field(default_factory=list)

    def run(self) -> None:
        """Walks to the end: wave by wave, so that the first edge to reach a member ends its shortest chain."""
        self._files_of = {
            name: {
                module.path: module for module in scope if module.kind not in _IMPORTED and not is_litter(module.path)
            }
            for name, scope in self.scopes.items()
        }
        self._data = {name: PackageData(scope, self.roots[name]) for name, scope in self.scopes.items()}
        self._start()
        while self._wave:
            wave, self._wave = self._wave, []
            for module in wave:
                for target, edge in self._needs(module):
                    self._reach(target, edge)

    def _reach(self, module: Module, edge: Edge) -> None:
        key = (module.repository, module.path)
        if key not in self.reached:
            self.reached[key] = (module, edge)
            self._wave.append(module)

    def _start(self) -> None:
        own = self.definition
        everything = [module for scope in self.scopes.values() for module in scope]
        source = f"app {own.name}"
        entry = self.table.module(own.entry_module)
        if entry is None:
            known = list(self.table.names())
            raise UnknownLink(own.entry_module, own.file, known, f"entry {own.entry!r}: its module")
        self._reach(entry, Edge(source, entry.name, "declared", own.file, own.line_of("entry")))
        for link in own.links:
            found = expand(link, everything, self.table, own.root)
            if not found:
                raise UnknownLink(link, own.file, [module.name for module in everything])
            for module in found:
                self._reach(module, Edge(source, module.name, "declared", own.file, own.line_of("links")))
        for folder in own.static.values():
            for module in expand(f"{folder.rstrip('/')}/**", everything, self.table, ""):
                self._reach(module, Edge(source, module.name, "static", own.file, own.line_of("static")))

    def _needs(self, module: Module) -> Iterator[tuple[Module, Edge]]:
        if module.kind in _CODE:
            yield from self._imports(module)
            yield from self._declared(module)
            yield from self._files(module)
        for parent in self.table.parents(module.name)[:1]:
            yield parent, Edge(module.name, parent.name, "implicit package", module.path, 0)
        for provenance, data in self._data[module.repository].take(module):
            yield data, Edge(module.name, data.name, provenance, module.path, 0)

    def _imports(self, module: Module) -> Iterator[tuple[Module, Edge]]:
        facts = self.facts.get(module.oid, _NOTHING)
        self.problems += [f"{module.path}: {problem}" for problem in facts.problems]
        for found in facts.imports:
            if found.when is When.TYPING:
                continue
            for target in self.resolver.targets(module, found):
                if isinstance(target, ToModule):
                    name = target.module.name
                    yield target.module, Edge(module.name, name, found.provenance, module.path, found.line)
                elif isinstance(target, ToDistribution):
                    edge = Edge(module.name, target.distribution, found.provenance, module.path, found.line)
                    self.distributions.setdefault(target.distribution, edge)
                else:
                    self._miss(target.name, module, found.line, found.when)

    def _files(self, module: Module) -> Iterator[tuple[Module, Edge]]:
        """Data files that a string of the code names, as seen from the module, from the root, or from the top."""
        files = self._files_of[module.repository]
        folder = module.path.rpartition("/")[0]
        for named in self.facts.get(module.oid, _NOTHING).files:
            for base in dict.fromkeys((folder, self.roots[module.repository].strip("/"), "")):
                path = f"{base}/{named.text.strip('/')}".lstrip("/")
                if (found := files.get(path)) is not None:
                    yield found, Edge(module.name, found.name, "string", module.path, named.line)
                    break

    def _declared(self, module: Module) -> Iterator[tuple[Module, Edge]]:
        for pattern in self.definition.needs.get(module.name, ()):
            everything = self.scopes[module.repository]
            found = expand(pattern, everything, self.table, self.roots[module.repository])
            if not found:
                self._miss(pattern, module, 0, When.ALWAYS)
            for needed in found:
                yield needed, Edge(module.name, needed.name, "declared", self.definition.file, 0)

    def _miss(self, name: str, module: Module, line: int, when: When) -> None:
        waived = _waived(name, self.definition.waive)
        optional = when is not When.ALWAYS
        self.missing.setdefault((module.path, line, name), Missing(name, module.path, line, optional, waived))


def _waived(name: str, waive: Mapping[str, str]) -> str:
    """The reason that waives a name: its own, or that of a package around it."""
    while name:
        if name in waive:
            return waive[name]
        name = name.rpartition(".")[0]
    return ""


def chain(edges: Mapping[str, Edge], target: str) -> Iterable[Edge]:
    """The chain of edges that leads to a target, from the application on."""
    found: list[Edge] = []
    seen: set[str] = set()
    while (edge := edges.get(target)) is not None and target not in seen:
        seen.add(target)
        found.append(edge)
        target = edge.source
    return reversed(found)
