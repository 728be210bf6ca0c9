"""The queue of long work: operations taken by compare-and-swap, their steps, their end.

Operations of one application and one lane run one after the other, in order of id. A worker that dies leaves a lease
behind; when that has ended, or at the start of the only worker, the operation is taken again and resumed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from lampas.errors import LampasError
from lampas.store import audit
from lampas.store.models import Operation, OperationStep

BUILDING = ("build", "prune")
SERVING = (
    "deploy",
    "traffic",
    "rollback",
    "retire",
    "refresh",
    "delete",
    "resend",
    "rotate",
    "drop",
    "tidy",
    "drop-data",
)
LEASE = timedelta(seconds=15)


def take(kinds: Sequence[str]) -> Operation | None:
    """Takes the oldest operation of a lane that is due, and leases it; None where there is none.

    It is found without a lock and taken by compare-and-swap: with SKIP LOCKED two lanes that look at the same moment
    pass over each other's rows, and a rollback would wait for the next look.
    """
    unfinished = Operation.objects.filter(state__in=("waiting", "running"), kind__in=kinds)
    earlier = unfinished.filter(application=OuterRef("application"), pk__lt=OuterRef("pk"))
    while True:
        now = datetime.now(UTC)
        due = Q(leased__isnull=True) | Q(leased__lt=now)
        found = unfinished.filter(due).exclude(Exists(earlier)).order_by("pk").first()
        if found is None:
            return None
        mine = Operation.objects.filter(due, pk=found.pk, state=found.state)
        if mine.update(state="running", started=found.started or now, leased=now + LEASE):
            found.resumed = found.state == "running"
            found.state, found.started, found.leased = "running", found.started or now, now + LEASE
            return found


def extend(operations: Collection[int]) -> None:
    """Extends the leases of operations that are still being worked on."""
    Operation.objects.filter(pk__in=operations, state="running").update(leased=datetime.now(UTC) + LEASE)


def release_leases() -> int:
    """At the start of the only worker: nothing that a dead predecessor leased is being worked on any more."""
    return Operation.objects.filter(state="running", leased__isnull=False).update(leased=None)


class Steps:
    """The live steps of one operation, as people see them."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._next = 0
        if operation.resumed:  # what its dead worker left running is taken again as new steps
            last = operation.steps.aggregate(last=Max("seq"))["last"]
            self._next = 0 if last is None else last + 1
            self.fail_running("interrupted")

    def begin(self, name: str, detail: str = "", node: str = "") -> OperationStep:
        """Shows that a step has begun."""
        step = OperationStep.objects.create(
            operation=self._operation,
            seq=self._next,
            name=name,
            node=node,
            state="running",
            detail=detail,
            started=datetime.now(UTC),
        )
        self._next += 1
        return step

    def done(self, name: str, detail: str = "", node: str = "") -> None:
        """Shows a step that took no time worth watching."""
        self.end(self.begin(name, detail, node))

    def tell(self, step: OperationStep, detail: str) -> None:
        """Shows what a step says while it runs."""
        step.detail, step.told = detail, step.told + 1
        step.save(update_fields=["detail", "told"])

    def end(self, step: OperationStep, state: str = "done", detail: str | None = None) -> None:
        """Shows that a step has ended."""
        step.state = state
        step.ended = datetime.now(UTC)
        if detail is not None:
            step.detail = detail
        step.save(update_fields=["state", "ended", "detail"])

    def fail_running(self, detail: str) -> None:
        """Marks what is running as failed, with the last words."""
        self._operation.steps.filter(state="running").update(state="failed", detail=detail, ended=datetime.now(UTC))


def succeed(operation: Operation, result: dict[str, Any]) -> None:
    """Commits an operation's good end, with its audit row."""
    with transaction.atomic():
        _end(operation, "done", result, None)


def fail(operation: Operation, error: LampasError, result: dict[str, Any] | None = None) -> None:
    """Commits an operation's bad end, with its audit row."""
    with transaction.atomic():
        words = {"code": error.code, "message": error.message, "remedy": error.remedy}
        _end(operation, "failed", result or {}, words)


def _end(operation: Operation, state: str, result: dict[str, Any], error: dict[str, str] | None) -> None:
    Operation.objects.filter(pk=operation.pk).update(
        state=state, result=result, error=error, ended=datetime.now(UTC), leased=None
    )
    audit.append(
        actor=operation.actor,
        door="worker",
        action=f"{operation.kind}.ended",
        subject=_subject(operation),
        application=operation.application,
        detail={"operation": operation.pk, **({"error": error["message"][:500]} if error else {})},
        outcome=state,
    )


def _subject(operation: Operation) -> str:
    """What people call it: `shop/3` where it is about one release, else `shop`."""
    number = operation.intent.get("number")
    return f"{operation.application}/{number}" if number else operation.application
