"""Which Debian packages operators approved."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lampas.store.models import ApprovedPackage


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
