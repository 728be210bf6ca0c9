"""What a build is asked to take from other commits → pins; and whether a pin breaks what it is put into."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lampas.build import definitions, sources
from lampas.core.closure.graph import Graph
from lampas.core.closure.pinned import Broken, Reading, broken
from lampas.core.closure.pins import Pin, over, spoken
from lampas.core.closure.scope import Scope
from lampas.core.closure.values import Closure
from lampas.core.definition.values import FILE, Definition
from lampas.core.history.ports import HistoryReader
from lampas.core.modules.analysers.python.names import bad_line, names_of
from lampas.core.modules.tree import guess_roots, modules
from lampas.core.modules.values import Facts, Module
from lampas.core.names import AppName, Oid, RepositoryName
from lampas.errors import InvalidInput, NotFound, Unresolved
from lampas.store.models import Release


class PinBreaks(Unresolved):
    """What is pinned does not fit what it is put into. `found` holds all of it."""

    def __init__(self, app: AppName, found: Sequence[Broken]) -> None:
        words = "; ".join(one.words for one in found[:5])
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        super().__init__(
            f"a pin breaks the closure of {app}: {words}{more}",
            "pin what it needs as well, pin another revision, or build the branch",
        )
        self.found = tuple(found)


class PinnedForNothing(InvalidInput):
    """A pinned file is not part of the closure."""

    def __init__(self, app: AppName, pin: Pin) -> None:
        super().__init__(
            f"nothing of {app} needs {pin.path} of {pin.repository}, so its pin changes nothing",
            f"see what needs it: lampas impact {pin.repository}:{pin.path}",
        )


@dataclass(frozen=True)
class Ground:
    """What a build starts from.

    Attributes:
        definition: The definition, with the commit of its repository.
        commits: At which commits used repositories are taken; what is not here: at the ref that the definition says.
        pins: What is taken from other commits.
        base: The release that it is made from; None: from a ref.
    """

    definition: Definition
    commits: Mapping[RepositoryName, Oid]
    pins: tuple[Pin, ...] = ()
    base: int | None = None


def ground(
    reader: HistoryReader, app: AppName, at: str | None, asked: Mapping[str, str], base: Release | None = None
) -> Ground:
    """What a build starts from.

    Args:
        reader: History.
        app: The application.
        at: A ref of its repository; None: the default branch, or what `base` was built from.
        asked: What is pinned: PATH, MODULE or REPO:MODULE → a ref of its repository.
        base: The release that it is made from.

    Raises:
        NotFound: A ref or something that is pinned does not exist.
        InvalidInput: A pin names nothing, or both `at` and `base` are given.
    """
    if base is None:
        found = definitions.find(reader, app, at)
        return Ground(found, {}, _pins(reader, found, asked))
    if at is not None:
        raise InvalidInput(f"release {base.number} has its own commit", "give either --at or --from")
    found = definition_of(reader, base)
    before = [Pin.read(row) for row in base.closure.get("pins", ())]
    return Ground(found, _commits(found, base), over(before, _pins(reader, found, asked)), base.number)


def definition_of(reader: HistoryReader, release: Release) -> Definition:
    """The definition that a release was built by, from the file as it stood then.

    Raises:
        NotFound: That commit is gone.
    """
    app, repository = AppName(release.application.name), RepositoryName(release.repository)
    own = release.definition.get("file") == FILE
    found = definitions.at(reader, app, repository if own else None, Oid(release.definition_commit))
    return replace(found, commit=Oid(release.commit), definition_commit=Oid(release.definition_commit))


def _commits(definition: Definition, base: Release) -> dict[RepositoryName, Oid]:
    recorded = base.closure.get("commits", {})
    for name in definition.uses:
        if name not in recorded:
            raise InvalidInput(
                f"release {base.number} does not say at which commit it used {name}: an earlier LAMPAS built it",
                "build the same code anew, and start from that",
            )
    return {RepositoryName(name): Oid(recorded[name]) for name in definition.uses}


def _pins(reader: HistoryReader, definition: Definition, asked: Mapping[str, str]) -> tuple[Pin, ...]:
    found: list[Pin] = []
    for name, ref in asked.items():
        pin = _pin(reader, definition, name, ref)
        same = next((one for one in found if (one.repository, one.path) == (pin.repository, pin.path)), None)
        if same is not None and same.revision != pin.revision:
            raise InvalidInput(f"{pin.path} of {pin.repository} is pinned twice", "pin it to one revision")
        found.append(pin)
    return tuple(found)


def _pin(reader: HistoryReader, definition: Definition, name: str, ref: str) -> Pin:
    given, wanted = spoken(name)
    scope = [definition.repository, *map(RepositoryName, definition.uses)]
    if given is not None and given not in scope:
        raise NotFound(f"{definition.name} does not use the repository {given}", f"it uses {', '.join(scope)}")
    refused: NotFound | None = None
    for repository in [given] if given is not None else scope:
        try:
            commit = reader.resolve(repository, ref)
        except NotFound as error:
            refused = refused or error
            continue
        if (pin := _found(reader, definition, repository, commit, wanted)) is not None:
            return pin
        refused = NotFound(
            f"{repository} has no {wanted} at {commit[:12]}", "pin a file or a module that the commit has: NAME=REV"
        )
    raise refused or NotFound(f"there is no {name}")


def _found(
    reader: HistoryReader, definition: Definition, repository: RepositoryName, commit: Oid, wanted: str
) -> Pin | None:
    entry = reader.entry(repository, commit, wanted)
    if entry is None and "/" not in wanted:
        tree = reader.tree(repository, commit)
        roots = (definition.root,) if repository == definition.repository else guess_roots(tree)[:1]
        named = next((one for one in modules(repository, tree, roots) if one.name == wanted), None)
        entry = tree[named.path] if named is not None else None
    return Pin(repository, entry.path, commit, entry.oid, entry.mode) if entry is not None else None


def check(reader: HistoryReader, closure: Closure, graph: Graph, before: Sequence[Scope]) -> None:
    """Passes a closure whose pins fit.

    Args:
        reader: History.
        closure: It.
        graph: The graph that it was walked in.
        before: The repositories in scope without the pins.

    Raises:
        PinBreaks: They do not.
        PinnedForNothing: One of them is not in the closure.
    """
    places = {(member.repository, member.path) for member in closure.members}
    for pin in closure.pins:
        if (pin.repository, pin.path) not in places:
            raise PinnedForNothing(AppName(closure.application), pin)
    wanted = {(pin.repository, pin.path) for pin in closure.pins}
    old = {
        (module.repository, module.path): module
        for scope in before
        for module in scope.modules
        if (module.repository, module.path) in wanted
    }
    found = broken(closure, closure.pins, graph.table, graph.resolver, old, _reading(reader))
    if found:
        raise PinBreaks(AppName(closure.application), found)


def _reading(reader: HistoryReader) -> Reading:
    @functools.cache
    def source(repository: RepositoryName, oid: Oid) -> bytes:
        return reader.blob(repository, oid)

    @functools.cache
    def facts(module: Module) -> Facts:
        return sources.facts_of(reader, [module]).get(module.oid, Facts())

    return Reading(
        facts,
        functools.cache(lambda module: names_of(source(module.repository, module.oid))),
        functools.cache(lambda module: bad_line(source(module.repository, module.oid))),
    )
