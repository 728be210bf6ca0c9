"""The queue: what is taken when, and what a dead worker leaves behind."""

from __future__ import annotations

from pathlib import Path

from lampas.errors import Failed


def _operation(kind: str, application: str) -> int:
    from lampas.store.models import Operation

    return Operation.objects.create(kind=kind, application=application, intent={}, actor="ada").pk


def test_operations_of_one_application_are_taken_in_order(tables: Path) -> None:
    from lampas.store import queue

    first, second, other = _operation("deploy", "shop"), _operation("deploy", "shop"), _operation("deploy", "blog")
    taken = queue.take(queue.SERVING)
    assert taken is not None and taken.pk == first
    beside = queue.take(queue.SERVING)
    assert beside is not None and beside.pk == other
    assert queue.take(queue.SERVING) is None
    queue.succeed(taken, {})
    then = queue.take(queue.SERVING)
    assert then is not None and then.pk == second


def test_a_rollback_does_not_wait_for_a_build(tables: Path) -> None:
    from lampas.store import queue

    _operation("build", "shop")
    rollback = _operation("rollback", "shop")
    assert queue.take(queue.BUILDING) is not None
    taken = queue.take(queue.SERVING)
    assert taken is not None and taken.pk == rollback


def test_what_a_dead_worker_leased_is_taken_again_with_its_open_step_closed(tables: Path) -> None:
    from lampas.store import queue

    _operation("deploy", "shop")
    taken = queue.take(queue.SERVING)
    assert taken is not None
    queue.Steps(taken).begin("start")
    assert queue.take(queue.SERVING) is None
    assert queue.release_leases() == 1
    again = queue.take(queue.SERVING)
    assert again is not None and again.pk == taken.pk
    steps = queue.Steps(again)
    assert [step.state for step in again.steps.all()] == ["failed"]
    assert steps.begin("start").seq == 1


def test_a_failure_keeps_message_and_remedy_and_is_audited(tables: Path) -> None:
    from lampas.store import queue
    from lampas.store.models import AuditRow, Operation

    _operation("deploy", "shop")
    taken = queue.take(queue.SERVING)
    assert taken is not None
    queue.fail(taken, Failed("it does not start", "read its log"))
    row = Operation.objects.get(pk=taken.pk)
    assert row.state == "failed"
    assert row.error == {"code": "failed", "message": "it does not start", "remedy": "read its log"}
    assert AuditRow.objects.get().outcome == "failed"


def test_many_takers_at_once_take_each_operation_once(tables: Path) -> None:
    import threading

    from django.db import connections

    from lampas.store import queue

    wanted = [_operation("deploy", f"app{number}") for number in range(12)]
    wanted += [_operation("build", f"app{number}") for number in range(12)]
    taken: list[int] = []

    def take(kinds: tuple[str, ...]) -> None:
        while (operation := queue.take(kinds)) is not None:
            taken.append(operation.pk)
        connections.close_all()

    threads = [threading.Thread(target=take, args=(kinds,)) for kinds in (queue.SERVING, queue.BUILDING) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(wanted)
