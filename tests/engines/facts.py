"""Stored facts for tests of what reads them: applications with releases, slots and settled traffic."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

MEMBERS = [
    {"module": "shop.wsgi", "kind": "python", "path": "shop/wsgi.py", "revision": "a" * 40, "repository": "shop"},
    {"module": "shop.cart", "kind": "python", "path": "shop/cart.py", "revision": "b" * 40, "repository": "shop"},
]


def application(name: str, *states: str) -> Any:
    """An application with one release for each state (built, verified, failed), numbered from 1."""
    from lampas.store.models import Application

    row = Application.objects.create(name=name)
    for number, state in enumerate(states, 1):
        release(row, number, state)
    return row


def release(row: Any, number: int, state: str = "verified", **more: Any) -> Any:
    """One release of an application."""
    from lampas.store.models import Release

    name = hashlib.sha256(f"{row.name}{number}".encode()).hexdigest()
    values: dict[str, Any] = {
        "release_id": name,
        "tree": name,
        "manifest": name,
        "state": state,
        "repository": "shop",
        "commit": "c" * 40,
        "definition_commit": "d" * 40,
        "definition": {"runtime": "python", "entry": "shop.wsgi:application"},
        "closure": {"members": MEMBERS, "distributions": [], "unresolved": []},
        "author": "ada",
    }
    return Release.objects.create(application=row, number=number, **{**values, **more})


def slot(row: Any, number: int, port: int, state: str = "live") -> None:
    """Gives a release a place on the nodes."""
    from lampas.store.models import Slot

    Slot.objects.create(release=row.releases.get(number=number), port=port, state=state)


def traffic(row: Any, table: dict[str, int], *, undone: bool = False) -> None:
    """A traffic table that was applied everywhere."""
    now = datetime.now(UTC)
    row.traffic.create(table=table, settled=now, undone=now if undone else None)
