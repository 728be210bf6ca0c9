"""Locks by the hash of their inputs."""

from __future__ import annotations

from lampas.core.distributions.values import Lock
from lampas.store.models import LockRow


def find(inputs: str) -> Lock | None:
    """The lock that these inputs gave, if they were ever resolved."""
    row = LockRow.objects.filter(inputs=inputs).first()
    return Lock.decode(row.lock) if row is not None else None


def save(inputs: str, lock: Lock, app: str) -> None:
    """Keeps a lock. Where two were resolved at the same time, the one that was kept first counts."""
    LockRow.objects.get_or_create(inputs=inputs, defaults={"lock": lock.encode(), "application": app})


def last(app: str) -> Lock | None:
    """The lock that an application asked for last, of those that nobody had asked for before."""
    raw = LockRow.objects.filter(application=app).order_by("-created").values_list("lock", flat=True).first()
    return Lock.decode(raw) if raw is not None else None


def forget(inputs: str) -> None:
    """Drops a lock whose wheels are gone, so that it is resolved anew."""
    LockRow.objects.filter(inputs=inputs).delete()


def newest(most: int = 200) -> list[Lock]:
    """The locks that were made last."""
    return [Lock.decode(raw) for raw in LockRow.objects.order_by("-created").values_list("lock", flat=True)[:most]]
