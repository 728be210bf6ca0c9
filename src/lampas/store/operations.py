"""Long work as rows: the intent that an action commits, and what the worker has done towards it so far."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from lampas.core.names import AppName
from lampas.errors import NotFound
from lampas.store.models import Operation, OperationStep

KINDS = ("build", "prune", "deploy", "traffic", "rollback", "retire", "refresh", "delete", "rotate", "drop", "tidy",
         "drop-data", "index-packages")  # fmt: skip
OPEN = ("waiting", "running")


@dataclass(frozen=True)
class Step:
    """One step, as people see it: its number from 1, a state (running, done, failed), times."""

    seq: int
    name: str
    node: str
    state: str
    detail: str
    started: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Progress:
    """An operation as of now.

    `seq` grows whenever anything changes, so that whoever waits can say what they have seen. `state` is waiting,
    running, done or failed; `error` {code, message, remedy} where it failed.
    """

    id: int
    kind: str
    application: str
    state: str
    seq: int
    intent: dict[str, Any]
    result: dict[str, Any]
    error: dict[str, Any] | None
    actor: str
    created: datetime
    started: datetime | None
    ended: datetime | None
    steps: list[Step]


def request(kind: str, application: AppName, intent: Mapping[str, Any], actor: str) -> int:
    """Commits an intent with the caller's transaction and wakes the worker once that is done. Returns its id."""
    row = Operation.objects.create(kind=kind, application=application, intent=dict(intent), actor=actor)
    transaction.on_commit(ring)
    return row.pk


def ring() -> None:
    """Wakes the worker. Where nobody listens, it will look by itself when it starts."""
    doorbell = settings.CONFIGURATION.doorbell
    if not doorbell:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell, contextlib.suppress(OSError):
        bell.setblocking(False)
        bell.sendto(b"1", doorbell)


def progress(operation: int) -> Progress:
    """What an operation has come to.

    Raises:
        NotFound: No such operation.
    """
    row = Operation.objects.filter(pk=operation).first()
    if row is None:
        raise NotFound(f"there is no operation {operation}")
    return _progress(row, list(row.steps.order_by("seq")))


def application_of(operation: int) -> AppName:
    """Which application an operation is about.

    Raises:
        NotFound: No such operation.
    """
    name = Operation.objects.filter(pk=operation).values_list("application", flat=True).first()
    if name is None:
        raise NotFound(f"there is no operation {operation}")
    return AppName(name)


def page(
    *, applications: Sequence[str] | None, states: Sequence[str] | None, before: int | None, limit: int
) -> list[Progress]:
    """Operations without their steps, newest first; each filter None: no filter; `before`: only ids below it."""
    rows = Operation.objects.order_by("-id")
    if applications is not None:
        rows = rows.filter(application__in=list(applications))
    if states is not None:
        rows = rows.filter(state__in=list(states))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_progress(row, []) for row in rows[:limit]]


def seq_of(operation: int) -> int:
    """`Progress.seq` alone, by one cheap query each, for those who wait."""
    state = Operation.objects.filter(pk=operation).values_list("state", flat=True).first()
    steps = OperationStep.objects.filter(operation_id=operation).values_list("ended", "told")
    return _seq(state or "", list(steps))


def _seq(state: str, steps: Sequence[tuple[datetime | None, int]]) -> int:
    begun = len(steps) + sum((end is not None) + told for end, told in steps)
    return 1 + begun + (0 if state == "waiting" else 1 if state == "running" else 2)


def _progress(row: Operation, steps: Sequence[OperationStep]) -> Progress:
    return Progress(
        id=row.pk,
        kind=row.kind,
        application=row.application,
        state=row.state,
        seq=_seq(row.state, [(step.ended, step.told) for step in steps]),
        intent=row.intent,
        result=row.result,
        error=row.error,
        actor=row.actor,
        created=row.created,
        started=row.started,
        ended=row.ended,
        steps=[
            Step(
                seq=step.seq,
                name=step.name,
                node=step.node,
                state=step.state,
                detail=step.detail,
                started=step.started,
                ended=step.ended,
            )
            for step in steps
        ],
    )
