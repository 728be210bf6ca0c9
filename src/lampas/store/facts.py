"""Facts by blob, kept for ever for each (blob, analyser, version), read and written in bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lampas.core.modules.values import Facts as Found
from lampas.core.names import Oid
from lampas.store.models import Facts

NAMES = 1000  # blobs in one IN (…)
_KEPT = 100_000  # facts that a process keeps in memory
_memory: dict[tuple[str, int, Oid], Found] = {}


def load(oids: Collection[Oid], analyser: str, version: int) -> dict[Oid, Found]:
    """What is known of some blobs; those that were never analysed are left out."""
    found: dict[Oid, Found] = {}
    asked = []
    for oid in dict.fromkeys(oids):
        known = _memory.get((analyser, version, oid))
        if known is None:
            asked.append(oid)
        else:
            found[oid] = known
    for start in range(0, len(asked), NAMES):
        rows = Facts.objects.filter(analyser=analyser, version=version, oid__in=asked[start : start + NAMES])
        found |= {Oid(name): Found.decode(raw) for name, raw in rows.values_list("oid", "facts")}
    _remember({oid: found[oid] for oid in asked if oid in found}, analyser, version)
    return found


def save(facts: Mapping[Oid, Found], analyser: str, version: int) -> None:
    """Keeps facts; what somebody else kept meanwhile is the same."""
    rows = [Facts(oid=oid, analyser=analyser, version=version, facts=facts[oid].encode()) for oid in sorted(facts)]
    Facts.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    _remember(facts, analyser, version)


def forget() -> None:
    """Empties this process's memory of facts; the tables keep theirs."""
    _memory.clear()


def _remember(facts: Mapping[Oid, Found], analyser: str, version: int) -> None:
    if len(_memory) + len(facts) > _KEPT:
        _memory.clear()
    _memory.update({(analyser, version, oid): found for oid, found in facts.items()})
