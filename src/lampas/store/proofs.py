"""What setup hooks made of an empty persistent directory in verifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lampas.core.names import AppName
from lampas.store.models import SetupProof

_LOOKED_AT = 5  # runs that are compared with a tree
_KEPT = 20  # runs of each application; older ones are forgotten, and the node forgets their content too


@dataclass(frozen=True)
class Remembered:
    """One run: what of the tree the hooks saw, the archive of what they made, and what they wrote."""

    saw: Mapping[str, str]
    data: str
    log: str


def alike(scope: str) -> list[Remembered]:
    """Runs in which all but the contents of files was the same, newest first."""
    rows = SetupProof.objects.filter(scope=scope).order_by("-pk")[:_LOOKED_AT]
    return [Remembered(row.saw, row.data, row.log) for row in rows]


def save(app: AppName, scope: str, run: Remembered) -> None:
    """Keeps a run, and forgets the application's old ones."""
    SetupProof.objects.create(application=app, scope=scope, saw=dict(run.saw), data=run.data, log=run.log)
    old = SetupProof.objects.filter(application=app).order_by("-pk").values_list("pk", flat=True)[_KEPT:]
    SetupProof.objects.filter(pk__in=list(old)).delete()
