"""The audit trail: who did what, in a chain that shows when a row was changed."""

from __future__ import annotations

from pathlib import Path


def _append(subject: str) -> None:
    from lampas.store import audit

    audit.append(
        actor="ada",
        door="token",
        action="repo.create",
        subject=subject,
        application="",
        detail={},
        outcome="done",
    )


def test_rows_form_a_chain(tables: Path) -> None:
    from lampas.store import audit

    for subject in ("one", "two", "three"):
        _append(subject)
    assert audit.first_broken() is None


def test_a_changed_row_is_found(tables: Path) -> None:
    from lampas.store import audit
    from lampas.store.models import AuditRow

    for subject in ("one", "two", "three"):
        _append(subject)
    row = AuditRow.objects.get(subject="two")
    AuditRow.objects.filter(pk=row.pk).update(actor="eve")
    assert audit.first_broken() == row.pk
