"""Which Debian packages operators approved, and which ones ship Perl modules."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from lampas.store.models import ApprovedPackage, DebianModule

_BATCH = 5000  # rows in one INSERT
_LONGEST = 250  # characters of a module's name


def approve(names: Sequence[str], person: str) -> list[str]:
    """Approves packages; returns those that were not approved before."""
    known = approved(names)
    new = [name for name in dict.fromkeys(names) if name not in known]
    ApprovedPackage.objects.bulk_create([ApprovedPackage(name=name, person=person) for name in new])
    return new


def withdraw(name: str) -> bool:
    """Takes an approval back; what is installed stays. Returns whether there was one."""
    return ApprovedPackage.objects.filter(name=name).delete()[0] > 0


def approved(names: Collection[str]) -> set[str]:
    """Those of some packages that are approved."""
    return set(ApprovedPackage.objects.filter(name__in=list(names)).values_list("name", flat=True))


def replace_index(found: Mapping[str, str]) -> int:
    """Keeps these modules (name → the Debian package that ships it) instead of what was known; returns how many."""
    now = timezone.now()
    rows = (
        DebianModule(module=module, package=package, indexed=now)
        for module, package in found.items()
        if len(module) <= _LONGEST
    )
    with transaction.atomic():
        DebianModule.objects.all().delete()
        return len(DebianModule.objects.bulk_create(rows, batch_size=_BATCH))


def shipping(module: str) -> str:
    """The Debian package that ships a Perl module, by the index; "" where none is known."""
    return DebianModule.objects.filter(module=module).values_list("package", flat=True).first() or ""


def indexed() -> datetime | None:
    """When the index was made; None: it never was."""
    return DebianModule.objects.values_list("indexed", flat=True).first()
