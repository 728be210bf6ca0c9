"""Who did what, and is the record whole?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lampas.store import audit
from lampas.store.models import AuditRow


@dataclass(frozen=True)
class AuditEntry:
    """One action: by whom, by which door, on what, with which outcome (done, denied, started, failed)."""

    id: int
    when: datetime
    actor: str
    door: str
    action: str
    subject: str
    application: str
    detail: dict[str, Any]
    outcome: str
    digest: str


@dataclass(frozen=True)
class Verdict:
    """Whether the chain of digests is whole; else the id of the first row that does not continue it."""

    ok: bool
    rows: int
    broken: int | None


def page(
    *, actor: str | None, application: str | None, action: str | None = None, before: int | None, limit: int
) -> list[AuditEntry]:
    """Rows, newest first; each filter None: no filter."""
    rows = AuditRow.objects.order_by("-id")
    if actor is not None:
        rows = rows.filter(actor=actor)
    if application is not None:
        rows = rows.filter(application=application)
    if action is not None:
        rows = rows.filter(action=action)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [
        AuditEntry(
            id=row.pk,
            when=row.when,
            actor=row.actor,
            door=row.door,
            action=row.action,
            subject=row.subject,
            application=row.application,
            detail=row.detail,
            outcome=row.outcome,
            digest=row.digest,
        )
        for row in rows[:limit]
    ]


def verify() -> Verdict:
    """Reads the whole chain."""
    broken = audit.first_broken()
    return Verdict(ok=broken is None, rows=AuditRow.objects.count(), broken=broken)
