"""The module tables and the facts of what they hold, for the head of each default branch. Made anew at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Concat

from lampas.core.history.values import TreeEntry
from lampas.core.modules.analysers.choice import by_analyser
from lampas.core.modules.analysers.protocol import Analyser
from lampas.core.modules.tree import guess_roots, modules
from lampas.core.modules.values import Module
from lampas.core.names import Oid, RepositoryName
from lampas.errors import NotFound
from lampas.store import facts
from lampas.store.models import Facts, ModuleRow, ModuleTable, Ref, Repository

_BATCH = 1000  # rows in one statement
_LONGEST = 512  # characters of a path that the table holds; longer ones stay out of it


class TreeReader(Protocol):
    """The part of `HistoryReader` that a module table is made from."""

    def resolve(self, repository: RepositoryName, ref: str) -> Oid:
        """See `core.history.ports.HistoryReader`."""

    def tree(self, repository: RepositoryName, commit: Oid) -> Mapping[str, TreeEntry]:
        """See `core.history.ports.HistoryReader`."""

    def blob(self, repository: RepositoryName, oid: Oid) -> bytes:
        """See `core.history.ports.HistoryReader`."""


@dataclass(frozen=True)
class Refreshed:
    """How many rows came, went, and got another content."""

    added: int
    removed: int
    changed: int

    @property
    def differed(self) -> bool:
        """Whether the table was not as it should be."""
        return bool(self.added or self.removed or self.changed)


def behind() -> list[RepositoryName]:
    """The repositories whose module table does not claim to be of their default branch's head."""
    branch = Concat(Value("refs/heads/"), OuterRef("default_branch"))
    head = Ref.objects.filter(repository=OuterRef("pk"), name=branch).values("oid")[:1]
    rows = Repository.objects.annotate(head=Subquery(head)).filter(head__isnull=False)
    names = rows.exclude(module_table__commit=F("head")).order_by("name").values_list("name", flat=True)
    return [RepositoryName(name) for name in names]


def refresh(reader: TreeReader, repository: RepositoryName) -> Refreshed:
    """Brings the module table of one repository up to its head; only rows that differ are written.

    Args:
        reader: History.
        repository: The repository.

    Raises:
        NotFound: There is no such repository.
    """
    return _refresh(reader, repository)[0]


def rebuild(reader: TreeReader) -> bool:
    """Makes all module tables, and the facts of what they hold, as history says.

    Returns:
        Whether anything that claimed to be right was wrong. A table that had only not followed a push yet was not.
    """
    names = [RepositoryName(name) for name in Repository.objects.order_by("name").values_list("name", flat=True)]
    differed = [_rebuild(reader, name) for name in names]
    return any(differed)


def _rebuild(reader: TreeReader, repository: RepositoryName) -> bool:
    found, current, wanted = _refresh(reader, repository)
    wrong = [_rebuild_facts(reader, repository, one, some) for one, some in by_analyser(wanted.values())]
    return (current and found.differed) or any(wrong)


def _rebuild_facts(
    reader: TreeReader, repository: RepositoryName, analyser: Analyser, some: Mapping[Oid, Module]
) -> bool:
    """Whether any of the stored facts was wrong; they are right afterwards."""
    name, version = analyser.NAME, analyser.VERSION
    facts.forget()
    stored = facts.load(some, name, version)
    right = {
        oid: analyser.analyse(reader.blob(repository, oid), some[oid].path.rpartition("/")[2]) for oid in sorted(some)
    }
    wrong = [oid for oid, known in stored.items() if known != right[oid]]
    Facts.objects.filter(analyser=name, version=version, oid__in=wrong).delete()
    facts.forget()
    facts.save({oid: right[oid] for oid in right if oid not in stored or oid in wrong}, name, version)
    return bool(wrong)


def _refresh(reader: TreeReader, repository: RepositoryName) -> tuple[Refreshed, bool, dict[str, Module]]:
    """What was written, whether the table had claimed to be of this head, and what it holds now."""
    row = Repository.objects.filter(name=repository).first()
    if row is None:
        raise NotFound(f"there is no repository {repository!r}", "list them: lampas repo list")
    with transaction.atomic():
        # The lock makes refreshes of one repository take turns; the head is read behind it, so the last one is right.
        Repository.objects.select_for_update().get(pk=row.pk)
        head, wanted = _wanted(reader, repository, row.default_branch)
        table, _ = ModuleTable.objects.get_or_create(repository=row)
        current = table.commit == head
        found = _write(row, wanted)
        if not current:
            ModuleTable.objects.filter(pk=table.pk).update(commit=head)
    return found, current, wanted


def _wanted(reader: TreeReader, repository: RepositoryName, branch: str) -> tuple[str, dict[str, Module]]:
    try:
        head = reader.resolve(repository, branch)
    except NotFound:
        return "", {}  # an empty repository
    tree = reader.tree(repository, head)
    found = modules(repository, tree, guess_roots(tree))
    return head, {module.path: module for module in found if _fits(module)}


def _fits(module: Module) -> bool:
    return len(module.path) <= _LONGEST and module.path.isprintable() and len(module.name) <= _LONGEST


def _write(repository: Repository, wanted: Mapping[str, Module]) -> Refreshed:
    rows = ModuleRow.objects.filter(repository=repository).values_list("path", "name", "kind", "oid", "pk")
    stored = {path: (name, kind, oid, pk) for path, name, kind, oid, pk in rows}
    gone = [stored[path][3] for path in stored.keys() - wanted.keys()]
    new = [wanted[path] for path in sorted(wanted.keys() - stored.keys())]
    other = [
        (stored[path][3], module)
        for path, module in wanted.items()
        if path in stored and stored[path][:3] != (module.name, module.kind.value, module.oid)
    ]
    for start in range(0, len(gone), _BATCH):
        ModuleRow.objects.filter(pk__in=gone[start : start + _BATCH]).delete()
    ModuleRow.objects.bulk_create([_row(repository, module) for module in new], batch_size=_BATCH)
    changed = [_row(repository, module, pk) for pk, module in other]
    ModuleRow.objects.bulk_update(changed, ["name", "kind", "oid"], batch_size=_BATCH)
    return Refreshed(len(new), len(gone), len(other))


def _row(repository: Repository, module: Module, pk: int | None = None) -> ModuleRow:
    return ModuleRow(
        pk=pk, repository=repository, path=module.path, name=module.name, kind=module.kind.value, oid=module.oid
    )
