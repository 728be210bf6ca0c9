"""What every application needs at the heads of its branches, kept so that any process can be asked who needs a file.

The worker brings it up to date after commits, changes of definitions and new locks; a question that comes earlier
computes what is behind itself, and keeps nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from lampas.build import closures, definitions
from lampas.core.definition.values import Definition
from lampas.core.history.ports import HistoryReader
from lampas.core.history.values import TreeEntry
from lampas.core.modules.analysers.choice import ALL
from lampas.core.names import AppName, Oid, RepositoryName
from lampas.errors import LampasError, NotFound
from lampas.store import needs
from lampas.store.models import Application, HeadClosure
from lampas.store.needs import Head

ENGINE = 1  # grows when the same code has another closure
VERSION = f"{ENGINE} " + " ".join(f"{one.NAME}={one.VERSION}" for one in ALL)
_MAY_REQUIRE = (".txt", ".toml", ".in", ".cfg", ".json")  # files that requirements may stand in

Before = Callable[[str], TreeEntry | None]


@dataclass(frozen=True)
class Behind:
    """What is not as the heads are by now.

    Attributes:
        applications: All applications that are there.
        changed: What those need whose rows are behind.
        moved: Those whose rows hold for other commits as well, with the commits.
    """

    applications: tuple[AppName, ...]
    changed: tuple[Head, ...]
    moved: Mapping[AppName, Mapping[RepositoryName, Oid]]


def stand() -> str:
    """The hash of everything that closures at the heads follow from now."""
    return needs.stand(VERSION)


def refresh(reader: HistoryReader) -> int:
    """Brings everything up to date. Returns how many closures were other ones.

    Args:
        reader: History.
    """
    needs.fill_releases()
    now = stand()
    if now == needs.stands_for():
        return 0
    found = behind(reader)
    for head in found.changed:
        needs.save(head)
    for app, commits in found.moved.items():
        needs.moved(app, commits)
    needs.settle(found.applications, now)
    return len(found.changed)


def rebuild(reader: HistoryReader) -> bool:
    """Makes everything anew. Returns whether anything that claimed to be right was wrong.

    Args:
        reader: History.
    """
    current = stand() == needs.stands_for()
    before = {row.application: (row.places.digest, row.problem) for row in needs.heads()}
    wrong = needs.forget()
    refresh(reader)
    after = {row.application: (row.places.digest, row.problem) for row in needs.heads()}
    return wrong or (current and before != after)


def behind(reader: HistoryReader) -> Behind:
    """What is behind, computed and not kept."""
    deleted = set(Application.objects.exclude(deleted=None).values_list("name", flat=True))
    rows = {AppName(row.application): row for row in needs.heads()}
    known = _Known(reader, rows)
    every = {app: one for app, one in definitions.find_all(reader).items() if app not in deleted}
    changed: list[Head] = []
    moved: dict[AppName, Mapping[RepositoryName, Oid]] = {}
    for app, definition in every.items():
        row = rows.get(app)
        if not isinstance(definition, Definition):
            head = Head(app, key="", commits={}, places=frozenset(), problem=definition.message, locked=False)
            if row is None or row.problem != head.problem or row.key:
                changed.append(head)
            continue
        try:
            commits = _commits(reader, definition)
        except LampasError as error:
            changed.append(_without(definition, {}, error))
            continue
        if row is None or row.key != key_of(definition) or not row.locked or row.problem:
            changed.append(of(reader, definition, commits))
        elif row.commits != commits:
            if known.same(row, commits):
                moved[app] = commits
            else:
                changed.append(of(reader, definition, commits))
    return Behind(tuple(every), tuple(changed), moved)


def of(reader: HistoryReader, definition: Definition, commits: Mapping[RepositoryName, Oid]) -> Head:
    """What an application needs at the heads, by what is stored: nothing is fetched or built for it.

    Args:
        reader: History.
        definition: Its definition in force.
        commits: The commits of its repositories.
    """
    try:
        closure, locked = closures.known(reader, definition, commits[definition.repository])
    except LampasError as error:
        return _without(definition, commits, error)
    return Head(
        definition.name,
        key_of(definition),
        commits,
        frozenset((member.repository, member.path) for member in closure.members),
        [asdict(missing) for missing in closure.unresolved],
        locked=locked,
    )


def key_of(definition: Definition) -> str:
    """The hash of a definition and of how closures are computed."""
    raw = {key: value for key, value in definition.recorded().items() if key not in ("commit", "definition_commit")}
    text = json.dumps([VERSION, raw], sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _without(definition: Definition, commits: Mapping[RepositoryName, Oid], error: LampasError) -> Head:
    words = f"{error.message}; {error.remedy}" if error.remedy else error.message
    return Head(definition.name, key_of(definition), commits, frozenset(), problem=words, locked=False)


def _commits(reader: HistoryReader, definition: Definition) -> dict[RepositoryName, Oid]:
    used = {RepositoryName(name): reader.resolve(RepositoryName(name), ref) for name, ref in definition.uses.items()}
    return {**used, definition.repository: definition.commit}


class _Known:
    """Whether commits changed what a closure follows from: asked for many applications, read once for each step."""

    def __init__(self, reader: HistoryReader, rows: Mapping[AppName, HeadClosure]) -> None:
        self._reader, self._rows = reader, rows
        self._changed: dict[tuple[RepositoryName, Oid, Oid], set[int] | None] = {}

    def same(self, row: HeadClosure, commits: Mapping[RepositoryName, Oid]) -> bool:
        """Whether an application needs at some commits just what it needed at those of its row."""
        if row.commits.keys() != commits.keys():
            return False
        steps = [(name, Oid(row.commits[name]), now) for name, now in commits.items() if row.commits[name] != now]
        for step in steps:
            if step not in self._changed:
                self._changed[step] = self._sets(*step)
            sets = self._changed[step]
            if sets is None or row.places_id in sets:
                return False
        return True

    def _sets(self, repository: RepositoryName, old: Oid, new: Oid) -> set[int] | None:
        """The sets that hold what changed; None where names came or went, which any closure may follow from."""
        try:
            changes = self._reader.changes(repository, old, new)
            if changes is None or not contents_alone(changes, lambda path: self._reader.entry(repository, old, path)):
                return None
        except NotFound:
            return None  # the history was written anew
        return set(needs.sets_with(repository, list(changes)))


def contents_alone(changes: Mapping[str, TreeEntry | None], before: Before) -> bool:
    """Whether a commit changed contents alone, of files in which no requirements stand: then only closures that hold
    one of these files can be others.

    Args:
        changes: What changed, by path.
        before: What stood at a path.
    """
    return all(
        entry is not None and not path.endswith(_MAY_REQUIRE) and before(path) is not None
        for path, entry in changes.items()
    )
