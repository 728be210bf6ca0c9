"""What the worker carries out of what was asked for running applications: deploy, traffic, rollback, retire, delete.

Each ends in the same way: the nodes run it, then it is written down as settled. A worker that dies in between leaves
an operation that is carried out again from its start: sending a node what it has changes nothing.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from lampas.core.cluster import traffic as shares
from lampas.core.names import AppName
from lampas.dispatch import databases, sending, wanted
from lampas.dispatch.steps import LiveSteps
from lampas.errors import Conflict, LampasError, NotFound
from lampas.store import queue
from lampas.store.models import Application, Operation, Release, Slot, TrafficRow


def deploy(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Starts a release everywhere, checks it, and gives it its share of traffic."""
    begun = time.monotonic()
    app, number = operation.application, int(operation.intent["number"])
    share = operation.intent.get("traffic")
    databases.prepare(AppName(app), number)
    slot = wanted.reserve(app, number)
    table = shares.deploy(wanted.in_force(app), number, 100 if share is None else int(share))
    try:
        row, nodes = _run(app, table, steps, keep=number)
    except LampasError:
        if slot.state == "warm" and operation.started and slot.since >= operation.started:
            slot.delete()
        raise
    return {
        "deployment": row.pk,
        "number": number,
        "seconds": round(time.monotonic() - begun, 3),
        "traffic": row.table,
        "nodes": [{"node": each.node, "state": each.state} for each in nodes],
    }


def traffic(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Puts a traffic table in force."""
    app = operation.application
    asked = {int(number): int(share) for number, share in operation.intent["table"].items()}
    row, _ = _run(app, shares.check(asked, _running(app)), steps)
    return {"traffic": row.table}


def rollback(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Goes back to the table that was settled before the one in force."""
    begun = time.monotonic()
    app = operation.application
    settled = wanted.settled_tables(app)
    usable = Release.objects.filter(application__name=app, state="verified", retired__isnull=True)
    back = shares.back([wanted.table_of(row) for row in settled], list(usable.values_list("number", flat=True)))
    for number in back.table.keys() - set(_running(app)):
        databases.prepare(AppName(app), number)
        wanted.reserve(app, number)
    left = [row.pk for row in settled[-back.undone :]]
    _run(app, back.table, steps, leaving=left)
    most = max(back.table, key=lambda number: (back.table[number], number))
    table = {str(number): share for number, share in back.table.items()}
    return {"number": most, "traffic": table, "seconds": round(time.monotonic() - begun, 3)}


def retire(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Stops a release that has no traffic, and forgets it."""
    app, number = operation.application, int(operation.intent["number"])
    before = wanted.everything().get(app, wanted.Wanted(app))
    if before.traffic.get(number):
        raise Conflict(f"release {number} of {app} has traffic", f"give it to another one first: lampas traffic {app}")
    slots = {other: port for other, port in before.slots.items() if other != number}
    after = wanted.Wanted(app, slots, before.traffic, wanted.DRAIN)
    with LiveSteps(steps) as live:
        sending.send(after, live)
    with transaction.atomic():
        Slot.objects.filter(release__application__name=app, release__number=number).delete()
        found = Release.objects.filter(application__name=app, number=number)
        if not found.update(retired=operation.started):
            raise NotFound(f"{app} has no release {number}")
    return {"number": number}


def delete(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Stops everything of an application and forgets its traffic; its data and its code stay."""
    app = operation.application
    with LiveSteps(steps) as live:
        sending.send(wanted.Wanted(app, drain=wanted.DRAIN), live)
    with transaction.atomic():
        Slot.objects.filter(release__application__name=app).delete()
        TrafficRow.objects.filter(application__name=app).update(undone=operation.started)
        Application.objects.filter(name=app).update(deleted=operation.started)
        kept = databases.detach(AppName(app))
    return {"application": app, "database": "kept" if kept else "none"}


def resend(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Sends every node what is stored: after a restore, or when a setting changed that it is rendered from."""
    del operation
    databases.ensure_all()
    with LiveSteps(steps) as live:
        return {"nodes": [{"node": each.node, "state": each.state} for each in sending.send_stored(live)]}


def _running(app: str) -> list[int]:
    return list(Slot.objects.filter(release__application__name=app).values_list("release__number", flat=True))


def _run(
    app: str, table: shares.Table, steps: queue.Steps, *, keep: int | None = None, leaving: list[int] | None = None
) -> tuple[TrafficRow, list[sending.NodeResult]]:
    after = wanted.with_traffic(app, table, keep=keep)
    with LiveSteps(steps) as live:
        nodes = sending.send(after, live)
    with transaction.atomic():
        if leaving:
            TrafficRow.objects.filter(pk__in=leaving).update(undone=datetime.now(UTC))
        row = wanted.settle(after)
    return row, nodes
