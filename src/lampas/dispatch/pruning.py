"""The end of old releases, as the worker carries it out: first what is stored, then the nodes' own stores."""

from __future__ import annotations

from typing import Any

from lampas.core.names import AppName
from lampas.dispatch import sending, wanted
from lampas.dispatch.steps import LiveSteps
from lampas.store import operations, pruning, queue
from lampas.store.models import Operation


def candidates(app: AppName, keep: int) -> list[int]:
    """The releases that neither run, nor are among the newest `keep`, nor may be rolled back to."""
    tables = [wanted.table_of(row) for row in wanted.settled_tables(app)]
    return pruning.candidates(app, keep, {number for table in tables for number in table})


def prune(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Deletes old releases and what only they needed. It runs in the lane of builds, so none needs it meanwhile.

    It is one transaction: a worker that dies in it has deleted nothing, and the next one starts over.
    """
    app = AppName(operation.application)
    step = steps.begin("prune", "looking for what nothing needs")
    gone = pruning.go(app, candidates(app, int(operation.intent["keep"])))
    steps.end(step, detail=f"{len(gone.numbers)} releases, {len(gone.content)} pieces of content")
    if gone.numbers:
        operations.request("tidy", app, {}, operation.actor)
    return {"name": app, "pruned": list(gone.numbers), "content": len(gone.content), "bytes": gone.bytes}


def tidy(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Sends every node what is stored, upon which it removes the trees and the content that nothing needs any more."""
    del operation
    with LiveSteps(steps) as live:
        return {"nodes": [{"node": each.node, "state": each.state} for each in sending.send_stored(live)]}
