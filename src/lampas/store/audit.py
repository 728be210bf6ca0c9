"""The audit trail: append-only rows, each covering the one before by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from lampas.store.models import AuditRow

GENESIS = "0" * 64


def append(
    *,
    actor: str,
    door: str,
    action: str,
    subject: str,
    application: str,
    detail: Mapping[str, Any],
    outcome: str,
) -> AuditRow:
    """Appends one row, inside the caller's transaction or one of its own.

    Writers take turns on the newest row, so the chain never forks.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT digest FROM lampas_auditrow ORDER BY id DESC LIMIT 1 FOR UPDATE")
            last = cursor.fetchone()
        row = AuditRow(
            when=datetime.now(UTC).replace(microsecond=0),
            actor=actor,
            door=door,
            action=action,
            subject=subject[:255],
            application=application,
            detail=dict(detail),
            outcome=outcome,
            previous=last[0] if last else GENESIS,
        )
        row.digest = digest(row)
        row.save(force_insert=True)
    return row


def digest(row: AuditRow) -> str:
    """The hash over a row's content and the digest before it."""
    content = [
        row.previous,
        row.when.isoformat(),
        row.actor,
        row.door,
        row.action,
        row.subject,
        row.application,
        row.detail,
        row.outcome,
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def first_broken() -> int | None:
    """The id of the first row that does not continue the chain; None where it is whole."""
    previous = GENESIS
    for row in AuditRow.objects.order_by("id").iterator():
        if row.previous != previous or row.digest != digest(row):
            return row.pk
        previous = row.digest
    return None
