"""What should run, as stored: applications, the releases with a port slot, and the traffic in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from lampas.core.cluster.live import allocate
from lampas.core.serving.front import PORTS
from lampas.errors import Conflict, NotFound
from lampas.store.models import Application, Release, Slot, TrafficRow

WARM_KEPT = 3  # versions without traffic that are kept running, so that a rollback is one rename
REMEMBERED = 50  # settled tables that a rollback looks back over
DRAIN = 5.0  # seconds between a unit's last traffic and its stop


@dataclass(frozen=True)
class Wanted:
    """One application as it should run.

    Attributes:
        app: Its name.
        slots: Release number → port, for every release that should run.
        traffic: Release number → percent.
        drain: Seconds that units which are no longer wanted are still left.
    """

    app: str
    slots: Mapping[int, int] = field(default_factory=dict)
    traffic: Mapping[int, int] = field(default_factory=dict)
    drain: float = 0.0


def everything() -> dict[str, Wanted]:
    """All applications that have a release that should run."""
    slots: dict[str, dict[int, int]] = {}
    rows = Slot.objects.order_by("release__number")
    for app, number, port in rows.values_list("release__application__name", "release__number", "port"):
        slots.setdefault(app, {})[number] = port
    return {app: Wanted(app, ports, in_force(app)) for app, ports in slots.items()}


def settled_tables(app: str, newest: int = REMEMBERED) -> list[TrafficRow]:
    """The newest settled traffic tables that no rollback went behind, oldest first; the last one is in force."""
    rows = TrafficRow.objects.filter(application__name=app, settled__isnull=False, undone__isnull=True)
    return list(reversed(rows.order_by("-pk")[:newest]))


def in_force(app: str) -> dict[int, int]:
    """The traffic table in force, release number → percent; empty while nothing was deployed."""
    rows = settled_tables(app, 1)
    return table_of(rows[0]) if rows else {}


def table_of(row: TrafficRow) -> dict[int, int]:
    """A stored table, release number → percent."""
    return {int(number): int(percent) for number, percent in row.table.items()}


def release(app: str, number: int) -> Release:
    """A release that may run.

    Raises:
        NotFound: There is none of this number, or it was retired.
        Conflict: It failed its verification.
    """
    row = Release.objects.filter(application__name=app, number=number).select_related("application").first()
    if row is None or row.retired:
        raise NotFound(f"{app} has no release {number}", f"see: lampas release list {app}")
    if row.state != "verified":
        raise Conflict(
            f"release {number} of {app} is {row.state}, not verified, and cannot get traffic",
            f"see why: lampas release show {app} {number}",
        )
    return row


def reserve(app: str, number: int) -> Slot:
    """The release's port slot; reserved now if it has none.

    Raises:
        Conflict: All port slots are taken.
    """
    row, first = release(app, number), settings.CONFIGURATION.first_slot
    with transaction.atomic():
        taken = list(Slot.objects.select_for_update().values_list("port", flat=True))
        slot = Slot.objects.filter(release=row).first()
        if slot is None:
            slot = Slot.objects.create(release=row, port=allocate(taken, first, PORTS), state="warm")
    return slot


def with_traffic(app: str, traffic: Mapping[int, int], *, keep: int | None = None) -> Wanted:
    """The application as it should run under a traffic table: what is in it, and the newest few of the rest, warm.

    Args:
        app: The application.
        traffic: Release number → percent.
        keep: A release that runs whatever its share is.
    """
    rows = Slot.objects.filter(release__application__name=app).order_by("-since")
    slots = list(rows.values_list("release__number", "port", "state", "since"))
    idle = [slot for slot in slots if slot[0] != keep and not traffic.get(slot[0])]
    # A unit that had traffic a moment ago may still be answering; it is let go with the next change.
    quiet = datetime.now(UTC) - timedelta(seconds=DRAIN)
    dropped = {number for number, _, state, since in idle[WARM_KEPT:] if state == "warm" and since < quiet}
    return Wanted(app, {number: port for number, port, *_ in slots if number not in dropped}, dict(traffic))


def settle(wanted: Wanted) -> TrafficRow:
    """Writes down what was applied on every node: the table in force, the state of each slot; frees the others."""
    now = datetime.now(UTC)
    with transaction.atomic():
        application = Application.objects.select_for_update().get(name=wanted.app)
        slots = Slot.objects.filter(release__application=application)
        slots.exclude(release__number__in=list(wanted.slots)).delete()
        live = [number for number, percent in wanted.traffic.items() if percent]
        slots.filter(release__number__in=live).update(state="live", since=now)
        slots.exclude(release__number__in=live).filter(state="live").update(state="warm", since=now)
        last = settled_tables(wanted.app, 1)
        if last and table_of(last[0]) == dict(wanted.traffic):
            return last[0]
        table = {str(number): percent for number, percent in sorted(wanted.traffic.items())}
        return TrafficRow.objects.create(application=application, table=table, settled=now)
