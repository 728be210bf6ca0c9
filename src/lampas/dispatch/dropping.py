"""The end of an application's database, as the worker carries it out."""

from __future__ import annotations

from typing import Any

from lampas.core.names import AppName
from lampas.dispatch import databases
from lampas.errors import Conflict
from lampas.store import queue
from lampas.store.models import Operation, Slot


def drop(operation: Operation, steps: queue.Steps) -> dict[str, Any]:
    """Ends a database, its account and its data.

    Raises:
        NotFound: There is none.
        Conflict: The application was deployed with it since this was asked for.
    """
    app = AppName(operation.application)
    row = databases.find(app)
    if Slot.objects.filter(release__application__name=app, release__definition__database="own").exists():
        raise Conflict(f"{app} runs with its database", f"delete the application first: lampas app delete {app}")
    step = steps.begin("database", f"dropping {row.name}")
    databases.drop(app)
    steps.end(step)
    return {"name": row.name}
