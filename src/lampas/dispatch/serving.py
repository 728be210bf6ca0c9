"""What the worker carries out of what was asked for running applications: deploy, traffic, rollback, retire, refresh,
delete.

Each ends in the same way: the nodes run it, then it is written down as settled. A worker that dies in between leaves
an operation that is carried out again from its start: sending a node what it has changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from lampas.core.cluster import traffic as shares
from lampas.core.names import AppName
from lampas.dispatch import data, databases, sending, setup, wanted
from lampas.dispatch.steps import LiveSteps
from lampas.errors import Conflict, Failed, LampasError, NotFound
from lampas.store import queue
from lampas.store.models import Application, Operation, Release, SecretRow, Slot, TrafficRow


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: the releases whose units were renewed, and those without traffic that could not be and run on
    as they were, with the reason."""

    renewed: tuple[int, ...] = ()
    failed: Mapping[int, str] = field(default_factory=dict)


def deploy(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Starts a release everywhere, checks it, and gives it its share of traffic."""
    begun = time.monotonic()
    app, number = operation.application, int(operation.intent["number"])
    share = operation.intent.get("traffic")
    row = wanted.release(app, number)
    databases.prepare(row)
    setup.ensure(operation, steps, row)
    slot, new = wanted.slot_of(row)
    stale = set() if new else sending.changed(wanted.Wanted(app, {number: slot.port}))
    renewed = wanted.renew(app, stale)
    stored = wanted.stored()
    table = shares.deploy(stored.tables.get(app, {}), number, 100 if share is None else int(share))
    after = stored.with_traffic(app, table, keep=number, renewed=renewed)
    try:
        settled, nodes = _run(stored, after, steps)
    except LampasError:
        if slot.state == "warm" and operation.started and slot.since >= operation.started:
            slot.delete()
        raise
    wanted.proven(app, number)
    return {
        "deployment": settled.pk,
        "number": number,
        "seconds": round(time.monotonic() - begun, 3),
        "traffic": settled.table,
        "nodes": [{"node": each.node, "state": each.state} for each in nodes],
    }


def traffic(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Puts a traffic table in force."""
    app = operation.application
    asked = {int(number): int(share) for number, share in operation.intent["table"].items()}
    stored = wanted.stored()
    row, _ = _run(stored, stored.with_traffic(app, shares.check(asked, stored.running(app))), steps)
    return {"traffic": row.table}


def rollback(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Goes back to the table that was settled before the one in force."""
    begun = time.monotonic()
    app = operation.application
    settled = wanted.settled_tables(app)
    usable = Release.objects.filter(application__name=app, state="verified", retired__isnull=True)
    back = shares.back([wanted.table_of(row) for row in settled], list(usable.values_list("number", flat=True)))
    stored = wanted.stored()
    gone = back.table.keys() - set(stored.running(app))
    for number in gone:
        row = wanted.release(app, number)
        databases.prepare(row)
        wanted.slot_of(row)
    if gone:
        stored = wanted.stored()
    left = [row.pk for row in settled[-back.undone :]]
    _run(stored, stored.with_traffic(app, back.table), steps, leaving=left)
    most = max(back.table, key=lambda number: (back.table[number], number))
    table = {str(number): share for number, share in back.table.items()}
    return {"number": most, "traffic": table, "seconds": round(time.monotonic() - begun, 3)}


def retire(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Stops a release that has no traffic, and forgets it."""
    app, number = operation.application, int(operation.intent["number"])
    stored = wanted.everything()
    before = stored.get(app, wanted.Wanted(app))
    if before.traffic.get(number):
        raise Conflict(f"release {number} of {app} has traffic", f"give it to another one first: lampas traffic {app}")
    slots = {other: port for other, port in before.slots.items() if other != number}
    after = wanted.Wanted(app, slots, before.traffic, wanted.DRAIN)
    with LiveSteps(steps) as live:
        sending.send(stored, after, live)
    with transaction.atomic():
        Slot.objects.filter(release__application__name=app, release__number=number).delete()
        found = Release.objects.filter(application__name=app, number=number)
        if not found.update(retired=operation.started):
            raise NotFound(f"{app} has no release {number}")
    return {"number": number}


def delete(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Stops everything of an application and forgets its traffic and its secrets; its data and its code stay."""
    app = operation.application
    with LiveSteps(steps) as live:
        sending.send(wanted.everything(), wanted.Wanted(app, drain=wanted.DRAIN), live)
    left = data.keep(AppName(app))
    with transaction.atomic():
        Slot.objects.filter(release__application__name=app).delete()
        TrafficRow.objects.filter(application__name=app).update(undone=operation.started)
        SecretRow.objects.filter(application__name=app).delete()
        Application.objects.filter(name=app).update(deleted=operation.started)
        kept = databases.detach(AppName(app))
    return {"application": app, "database": "kept" if kept else "none", "data": left}


def refresh(app: str, steps: queue.Steps) -> Refreshed:
    """Renews an application's units whose content changed, each by one beside it that answers before it takes over.

    Those with traffic are renewed together and first. Those that are kept warm follow one by one: one that does not
    start any more is left as it is and told, it holds up nobody.

    Raises:
        LampasError: A unit with traffic could not be renewed; everything runs as it did.
    """
    now = wanted.everything().get(app)
    if now is None:
        return Refreshed()
    stale = sorted(sending.changed(now), reverse=True)
    live, warm = [n for n in stale if now.traffic.get(n)], [n for n in stale if not now.traffic.get(n)]
    failed = {}
    if live:
        _renew(app, live, steps)
    for number in warm:
        try:
            _renew(app, [number], steps)
        except LampasError as error:
            failed[number] = error.message
    return Refreshed(tuple(sorted({*live, *warm} - set(failed))), failed)


def refreshed(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Renews the units of an application whose content changed."""
    begun = time.monotonic()
    done = refresh(operation.application, steps)
    failed = [{"number": number, "error": error} for number, error in done.failed.items()]
    return {"renewed": list(done.renewed), "failed": failed, "seconds": round(time.monotonic() - begun, 3)}


def resend(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Sends every node what is stored, then renews every unit whose content changed: after a restore, with another
    LAMPAS, or when a setting changed that units are rendered from.

    Raises:
        Failed: Units of some applications could not be renewed and run as they did; all others were.
    """
    del operation
    databases.ensure_all()
    with LiveSteps(steps) as live:
        nodes = [{"node": each.node, "state": each.state} for each in sending.send_stored(live)]
    failed = {}
    for app in wanted.everything():
        try:
            refresh(app, steps)
        except LampasError as error:
            failed[app] = error.message
    if failed:
        app, message = next(iter(failed.items()))
        raise Failed(f"units of {', '.join(failed)} could not be renewed; {app}: {message}", "they run as they did")
    return {"nodes": nodes}


def _renew(app: str, numbers: list[int], steps: queue.Steps) -> None:
    renewed = wanted.renew(app, numbers)
    stored = wanted.stored()
    _run(stored, stored.with_traffic(app, stored.tables.get(app, {}), renewed=renewed), steps)


def _run(
    stored: wanted.Stored, after: wanted.Wanted, steps: queue.Steps, *, leaving: list[int] | None = None
) -> tuple[TrafficRow, list[sending.NodeResult]]:
    with LiveSteps(steps) as live:
        nodes = sending.send(stored.everything(), after, live)
    with transaction.atomic():
        if leaving:
            TrafficRow.objects.filter(pk__in=leaving).update(undone=datetime.now(UTC))
        row = wanted.settle(after)
    return row, nodes
