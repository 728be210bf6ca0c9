"""What should run, as stored: applications, the releases with a port slot, and the traffic in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from lampas.core.cluster.live import allocate
from lampas.core.serving.front import PORTS
from lampas.errors import Conflict, NotFound
from lampas.store.models import Application, Release, Slot, TrafficRow

WARM_KEPT = 3  # versions without traffic that are kept running, so that a rollback is one rename
REMEMBERED = 50  # settled tables that a rollback looks back over
DRAIN = 5.0  # seconds between a unit's last traffic and its stop
RENEWAL_DRAIN = 2.0  # the same where another unit of the same release has taken over: its visitors lose nothing


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


@dataclass(frozen=True)
class Standing:
    """A release that has a port slot: its number and port, `live` or `warm`, and since when."""

    number: int
    port: int
    state: str
    since: datetime


@dataclass(frozen=True)
class Stored:
    """What is stored of all applications that should run, read at one moment: an operation decides everything from it.

    Attributes:
        slots: Application → its releases with a slot, by number.
        tables: Application → the traffic table in force, release number → percent.
    """

    slots: Mapping[str, Sequence[Standing]]
    tables: Mapping[str, Mapping[int, int]]

    def everything(self) -> dict[str, Wanted]:
        """All applications that have a release that should run."""
        return {
            app: Wanted(app, {each.number: each.port for each in standing}, self.tables.get(app, {}))
            for app, standing in self.slots.items()
        }

    def running(self, app: str) -> list[int]:
        """The numbers of an application's releases that should run."""
        return [each.number for each in self.slots.get(app, ())]

    def with_traffic(
        self,
        app: str,
        traffic: Mapping[int, int],
        *,
        keep: int | None = None,
        renewed: Mapping[int, int] | None = None,
    ) -> Wanted:
        """An application as it should run under a traffic table: what is in it, and the newest few of the rest, warm.

        Args:
            app: The application.
            traffic: Release number → percent.
            keep: A release that runs whatever its share is.
            renewed: The ports of releases that are being renewed.
        """
        slots = sorted(self.slots.get(app, ()), key=lambda each: each.since, reverse=True)
        idle = [each for each in slots if each.number != keep and not traffic.get(each.number)]
        # A unit that had traffic a moment ago may still be answering; it is let go with the next change.
        quiet = datetime.now(UTC) - timedelta(seconds=DRAIN)
        dropped = {each.number for each in idle[WARM_KEPT:] if each.state == "warm" and each.since < quiet}
        ports = {each.number: each.port for each in slots if each.number not in dropped}
        return Wanted(app, {**ports, **(renewed or {})}, dict(traffic), RENEWAL_DRAIN if renewed else 0.0)


def stored() -> Stored:
    """Reads what is stored, in two statements however many applications there are."""
    slots: dict[str, list[Standing]] = {}
    rows = Slot.objects.order_by("release__number")
    fields = ("release__application__name", "release__number", "port", "state", "since")
    for app, number, port, state, since in rows.values_list(*fields):
        slots.setdefault(app, []).append(Standing(number, port, state, since))
    newest = _settled().values("application").annotate(newest=Max("pk")).values("newest")
    tables = TrafficRow.objects.filter(pk__in=newest).values_list("application__name", "table")
    return Stored(slots, {app: _numbered(table) for app, table in tables})


def everything() -> dict[str, Wanted]:
    """All applications that have a release that should run."""
    return stored().everything()


def _settled() -> QuerySet[TrafficRow]:
    return TrafficRow.objects.filter(settled__isnull=False, undone__isnull=True)


def settled_tables(app: str, newest: int = REMEMBERED) -> list[TrafficRow]:
    """The newest settled traffic tables that no rollback went behind, oldest first; the last one is in force."""
    return list(reversed(_settled().filter(application__name=app).order_by("-pk")[:newest]))


def table_of(row: TrafficRow) -> dict[int, int]:
    """A stored table, release number → percent."""
    return _numbered(row.table)


def _numbered(table: Mapping[str, int]) -> dict[int, int]:
    return {int(number): int(percent) for number, percent in table.items()}


def release(app: str, number: int) -> Release:
    """A release that may run.

    Raises:
        NotFound: There is none of this number, or it was retired.
        Conflict: It failed its verification, or had none. One that has the tree of a verified release with other
            settings needs none: its units must answer before they get traffic.
    """
    row = Release.objects.filter(application__name=app, number=number).select_related("application").first()
    if row is None or row.retired:
        raise NotFound(f"{app} has no release {number}", f"see: lampas release list {app}")
    if row.state != "verified" and (row.base is None or row.state != "built"):
        raise Conflict(
            f"release {number} of {app} is {row.state}, not verified, and cannot get traffic",
            f"see why: lampas release show {app} {number}",
        )
    return row


def proven(app: str, number: int) -> None:
    """Writes down that a release which was not verified by itself has started and answered on every node."""
    built = Release.objects.filter(application__name=app, number=number, state="built")
    built.update(state="verified", verified_log="It started and answered when it was first deployed.")


def reserve(app: str, number: int) -> Slot:
    """The release's port slot; reserved now if it has none.

    Raises:
        Conflict: All port slots are taken.
    """
    return slot_of(release(app, number))[0]


def slot_of(row: Release) -> tuple[Slot, bool]:
    """A release's port slot, and whether it was reserved only now. Raises as `reserve` does."""
    slot = Slot.objects.filter(release=row).first()
    if slot is not None:
        return slot, False
    with transaction.atomic():
        return Slot.objects.create(release=row, port=_free(_taken()), state="warm"), True


def renew(app: str, numbers: Collection[int]) -> dict[int, int]:
    """Reserves another port for each of some releases that run: a unit whose content changes starts beside the one
    that serves. Where an earlier attempt was cut off, its port is not used again: what stands there is not known.

    Returns:
        Release number → the port.

    Raises:
        Conflict: All port slots are taken.
    """
    if not numbers:
        return {}
    with transaction.atomic():
        taken = _taken()
        found: dict[int, int] = {}
        for slot in Slot.objects.filter(release__application__name=app, release__number__in=numbers).select_related(
            "release"
        ):
            port = _free(taken)
            taken.append(port)
            Slot.objects.filter(pk=slot.pk).update(next_port=port)
            found[slot.release.number] = port
    return found


def let_go(app: str) -> None:
    """Frees the ports of renewals that did not come about, once the nodes run what is stored again."""
    Slot.objects.filter(release__application__name=app, next_port__isnull=False).update(next_port=None)


def _taken() -> list[int]:
    """All ports that are given away; the rows stay locked."""
    rows = Slot.objects.select_for_update().values_list("port", "next_port")
    return [port for row in rows for port in row if port is not None]


def _free(taken: Collection[int]) -> int:
    return allocate(taken, settings.CONFIGURATION.first_slot, PORTS)


def settle(wanted: Wanted) -> TrafficRow:
    """Writes down what was applied on every node: the table in force, the state of each slot; frees the others."""
    now = datetime.now(UTC)
    with transaction.atomic():
        application = Application.objects.select_for_update().get(name=wanted.app)
        slots = Slot.objects.filter(release__application=application)
        slots.exclude(release__number__in=list(wanted.slots)).delete()
        for slot in slots.filter(next_port__isnull=False).select_related("release"):
            if wanted.slots[slot.release.number] == slot.next_port:
                slots.filter(pk=slot.pk).update(port=slot.next_port, next_port=None)
            else:
                slots.filter(pk=slot.pk).update(next_port=None)
        live = [number for number, percent in wanted.traffic.items() if percent]
        slots.filter(release__number__in=live).update(state="live", since=now)
        slots.exclude(release__number__in=live).filter(state="live").update(state="warm", since=now)
        last = settled_tables(wanted.app, 1)
        if last and table_of(last[0]) == dict(wanted.traffic):
            return last[0]
        table = {str(number): percent for number, percent in sorted(wanted.traffic.items())}
        return TrafficRow.objects.create(application=application, table=table, settled=now)
