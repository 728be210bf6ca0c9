"""Where the walk of a definition begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lampas.core.closure.graph import Graph
from lampas.core.closure.links import UnknownLink, expand, named_by
from lampas.core.closure.scope import Scope
from lampas.core.closure.values import Edge
from lampas.core.closure.walk import Start
from lampas.core.definition.values import Definition
from lampas.core.modules.resolution import ToModule
from lampas.core.modules.values import Kind, Module
from lampas.errors import Conflict


class Rivals(Conflict):
    """A needed name stands for different files in several repositories."""

    def __init__(self, name: str, found: Sequence[Module], definition: Definition) -> None:
        places = " and ".join(f"{module.path} of {module.repository}" for module in found)
        hint = f'choose: [app.{definition.name}.choose] "{name}" = "{found[0].repository}"'
        super().__init__(f"{definition.file}: {name} is both {places}, with different content", hint)
        self.name = name


def starts(definition: Definition, scopes: Sequence[Scope], graph: Graph) -> list[Start]:
    """The nodes that a definition names: its entry, its links, its own files, its static directories, what its
    environment names, what its hooks and its test run, and what it says that modules need.

    Args:
        definition: The definition.
        scopes: The repositories in scope, its own first.
        graph: Their graph.

    Raises:
        Unresolved: The entry or a link leads to nothing.
    """
    found = [*_named(definition, scopes, graph), *_environment(definition, graph), *_run(definition, scopes[0], graph)]
    return [start for start in [*found, *_declared(definition, scopes, graph)] if start.node >= 0]


def _named(definition: Definition, scopes: Sequence[Scope], graph: Graph) -> Iterator[Start]:
    own, source = definition, f"app {definition.name}"
    entry = graph.table.module(own.entry_module)
    if entry is None:
        raise UnknownLink(own.entry_module, own.file, list(graph.table.names()), f"entry {own.entry!r}: its module")
    yield _start(graph, entry, Edge(source, entry.name, "declared", own.file, own.line_of("entry")))
    everything = [module for scope in scopes for module in scope.modules]
    for link in own.links:
        linked = expand(link, everything, graph.table, own.root)
        if not linked:
            raise UnknownLink(link, own.file, [module.name for module in everything])
        for module in linked:
            edge = Edge(source, module.name, "declared", own.file, own.line_of("links"))
            yield _start(graph, module, edge, certain="*" not in link and not link.endswith("/"))
    for module in scopes[0].modules if own.files else ():  # what the definition brings is there to be used
        if module.path in own.files:
            yield _start(graph, module, Edge(source, module.name, "declared", own.file, own.line_of("files")))
    for folder in own.static.values():
        for module in expand(f"{folder.rstrip('/')}/**", everything, graph.table, ""):
            yield _start(graph, module, Edge(source, module.name, "static", own.file, own.line_of("static")))


def _environment(definition: Definition, graph: Graph) -> Iterator[Start]:
    """A variable such as DJANGO_SETTINGS_MODULE names a module of the code."""
    for name, value in sorted(definition.env.items()):
        target = graph.resolver.string(value) if "." in value or name.endswith("_MODULE") else None
        if isinstance(target, ToModule):
            edge = Edge(
                f"app {definition.name}", target.module.name, "declared", definition.file, 0, f"environment {name}"
            )
            yield _start(graph, target.module, edge)


def _run(definition: Definition, own: Scope, graph: Graph) -> Iterator[Start]:
    """What hooks and the test run is part of the release, as they run in it."""
    tests = (definition.verify_test,) if definition.verify_test else ()
    for key, commands in (("hooks", (*definition.build_hooks, *definition.setup_hooks)), ("verify", tests)):
        for command in commands:
            for module in named_by(command, own.modules, graph.table, definition.root):
                source, line = f"app {definition.name}", definition.line_of(key)
                yield _start(graph, module, Edge(source, module.name, "declared", definition.file, line))


def _declared(definition: Definition, scopes: Sequence[Scope], graph: Graph) -> Iterator[Start]:
    """`[module."x"] needs`, for each file that the name stands for."""
    for name, patterns in definition.needs.items():
        module = graph.table.module(name)
        scope = next((one for one in scopes if module is not None and one.repository == module.repository), None)
        if module is None or scope is None:
            continue
        given = graph.node((module.repository, module.path))
        for pattern in patterns:
            for needed in expand(pattern, scope.modules, graph.table, scope.root):
                edge = Edge(module.name, needed.name, "declared", definition.file, 0)
                yield _start(graph, needed, edge, certain="*" not in pattern, given=given)


def _start(graph: Graph, module: Module, edge: Edge, *, certain: bool = True, given: int | None = None) -> Start:
    node = graph.node((module.repository, module.path))
    return Start(-1 if node is None else node, edge, certain, given)


def check_rivals(graph: Graph, reached: Iterable[Module], definition: Definition) -> None:
    """Refuses a closure that needs a name which several repositories have, where nobody chose.

    Raises:
        Conflict: Such a name; the remedy says how to choose.
    """
    for module in reached:
        if module.kind in (Kind.PACKAGE, Kind.MODULE, Kind.EXTENSION) and (rivals := graph.table.rivals(module.name)):
            raise Rivals(module.name, rivals, definition)
