"""Forget old releases."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q

from lampas.actions import facts
from lampas.actions.frame import Action
from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import InvalidInput
from lampas.store.models import Artifact, BuiltRow, LockRow, Release, ReleaseArtifact, TrafficRow

_ROLLBACKS_KEPT = 10  # traffic tables, newest first, whose releases stay so that a rollback finds them
_BATCH = 500
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class PruneReleases(Action[list[int]]):
    """Deletes releases that are neither among the newest `keep`, nor on a node, nor what a rollback may need.

    Content that no release needs any more goes with them. Returns the numbers that are gone.
    """

    name: ClassVar[str] = "release.prune"
    permission: ClassVar[Permission] = Permission.BUILD

    app: AppName
    keep: int = 10

    @property
    def application(self) -> AppName:
        """The application."""
        return self.app

    @property
    def subject(self) -> str:
        """The application."""
        return self.app

    @property
    def detail(self) -> Mapping[str, Any]:
        """How many stay."""
        return {"keep": self.keep}

    def perform(self, actor: Actor) -> list[int]:
        """Deletes them."""
        if self.keep < 1:
            raise InvalidInput("at least the newest release is kept", "give --keep a number from 1")
        application = facts.application(self.app)
        releases = Release.objects.filter(application=application)
        numbers = list(releases.order_by("-number").values_list("number", flat=True))
        kept = set(numbers[: self.keep]) | facts.running(self.app) | _needed_for_rollback(self.app)
        gone = sorted(set(numbers) - kept)
        leaving = releases.filter(number__in=gone)
        content = list(
            ReleaseArtifact.objects.filter(release__in=leaving).values_list("artifact_id", flat=True).distinct()
        )
        leaving.delete()
        locked = _locked()
        _forget([name for name in content if name not in locked])
        return gone


def _forget(content: list[str]) -> None:
    """Deletes content that no release needs, and what says that blobs became it: the next build makes it again."""
    for start in range(0, len(content), _BATCH):
        unneeded = Artifact.objects.filter(pk__in=content[start : start + _BATCH], releases=None)
        names = list(unneeded.values_list("pk", flat=True))
        BuiltRow.objects.filter(Q(code__in=names) | Q(bytecode__in=names)).delete()
        unneeded.filter(pk__in=names).delete()


def _locked() -> set[str]:
    """Wheels that a lock names: they are fetched once, so they stay."""
    locks = LockRow.objects.values_list("lock", flat=True)
    return {name for lock in locks for name in _SHA256.findall(json.dumps(lock))}


def _needed_for_rollback(app: AppName) -> set[int]:
    rows = TrafficRow.objects.filter(application__name=app, undone=None).exclude(settled=None).order_by("-id")
    return {int(number) for table in rows.values_list("table", flat=True)[:_ROLLBACKS_KEPT] for number in table}
