"""Known vulnerabilities, all of one import."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from lampas.core.distributions.advisories import Advisory
from lampas.store.models import AdvisoryRow

_BATCH = 500  # rows in one INSERT
_NAMES = 500  # names in one IN (…)


def replace(advisories: Iterable[Advisory]) -> int:
    """Keeps these instead of what was there; returns how many they are. All or nothing.

    Raises:
        LampasError: What reading them raises; nothing has changed then.
    """
    now, count = timezone.now(), 0
    with transaction.atomic():
        AdvisoryRow.objects.all().delete()
        batch: list[AdvisoryRow] = []
        for one in advisories:
            batch.append(_row(one, now))
            count += 1
            if len(batch) == _BATCH:
                AdvisoryRow.objects.bulk_create(batch)
                batch = []
        AdvisoryRow.objects.bulk_create(batch)
    return count


def of(names: Collection[str]) -> Iterator[Advisory]:
    """What is known of some distributions, by normalised name."""
    wanted = sorted(set(names))
    for start in range(0, len(wanted), _NAMES):
        for row in AdvisoryRow.objects.filter(name__in=wanted[start : start + _NAMES]).order_by("name", "advisory"):
            yield Advisory(
                row.advisory, row.name, tuple(row.aliases), row.summary, row.severity, tuple(row.versions),
                tuple((each[0], each[1], each[2]) for each in row.ranges),
            )  # fmt: skip


def imported() -> datetime | None:
    """When advisories were imported last; None: never."""
    return AdvisoryRow.objects.order_by("-imported").values_list("imported", flat=True).first()


def _row(one: Advisory, now: datetime) -> AdvisoryRow:
    return AdvisoryRow(
        advisory=one.id[:100],
        name=one.name[:200],
        aliases=list(one.aliases),
        summary=one.summary,
        severity=one.severity,
        versions=list(one.versions),
        ranges=[list(each) for each in one.ranges],
        imported=now,
    )
