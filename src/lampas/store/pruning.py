"""Old releases and what only they needed: what would go, and its going, in one transaction.

Content is shared between releases and applications, so what goes is what no other release needs: files, bytecode and
wheels, and with them what remembers that something became them (built files, hooks' output, built wheels, locks). What
is remembered is only ever a shortcut: the next build makes it again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from lampas.core.names import AppName
from lampas.store.models import (
    Application,
    Artifact,
    ArtifactChunk,
    BuildHookRun,
    BuiltRow,
    LockRow,
    Operation,
    Release,
    ReleaseArtifact,
    Slot,
    WheelRow,
)

_BATCH = 500
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Going:
    """What goes.

    Attributes:
        numbers: The releases.
        content: Names of the content that no other release needs.
        bytes: Its size, as it was before it was compressed for the database.
        locks: The locks that only these releases were built from.
    """

    numbers: tuple[int, ...] = ()
    content: tuple[str, ...] = ()
    bytes: int = 0
    locks: tuple[str, ...] = ()


def candidates(app: AppName, keep: int, needed: Collection[int]) -> list[int]:
    """The releases that may go.

    Args:
        app: The application.
        keep: How many of the newest stay.
        needed: Numbers that something else needs, a rollback for example.
    """
    rows = Release.objects.filter(application__name=app).order_by("-number")
    numbers = list(rows.values_list("number", flat=True))
    proven = rows.filter(state="verified").values_list("number", flat=True).first()
    placed = Slot.objects.filter(release__application__name=app).values_list("release__number", flat=True)
    asked = Operation.objects.filter(application=app, state__in=("waiting", "running"))
    intents = {intent.get("number") for intent in asked.values_list("intent", flat=True)}
    kept = {*numbers[:keep], proven, *placed, *intents, *needed}
    return sorted(set(numbers) - kept)


def going(app: AppName, numbers: Sequence[int]) -> Going:
    """What goes with some releases. Reads only."""
    rows = Release.objects.filter(application__name=app, number__in=list(numbers))
    releases = list(rows.values_list("pk", flat=True))
    others = ReleaseArtifact.objects.filter(artifact=OuterRef("artifact")).exclude(release__in=releases)
    theirs = ReleaseArtifact.objects.filter(release__in=releases)
    alone = dict(theirs.exclude(Exists(others)).values_list("artifact_id", "artifact__size").distinct())
    locks, held = _locks(set(theirs.values_list("artifact_id", flat=True)), set(alone)) if alone else ([], set())
    content = {name: size for name, size in alone.items() if name not in held}
    return Going(tuple(numbers), tuple(sorted(content)), sum(content.values()), tuple(locks))


def go(app: AppName, numbers: Sequence[int]) -> Going:
    """Deletes some releases and what goes with them, all or nothing; returns what went."""
    with transaction.atomic():
        Application.objects.select_for_update().filter(name=app).first()  # no number is given out meanwhile
        what = going(app, numbers)
        Release.objects.filter(application__name=app, number__in=list(numbers)).delete()
        LockRow.objects.filter(pk__in=what.locks).delete()
        _forget_hooks(app, set(what.content))
        for names in _batches(what.content):
            BuiltRow.objects.filter(Q(code__in=names) | Q(bytecode__in=names)).delete()
            WheelRow.objects.filter(sha256__in=names).delete()
            ArtifactChunk.objects.filter(artifact__in=names).delete()
            Artifact.objects.filter(pk__in=names).delete()
    return what


def _locks(theirs: set[str], alone: set[str]) -> tuple[list[str], set[str]]:
    """The locks that only these releases can have come from, and the wheels that other locks hold on to: those were
    fetched once, and the index may not have them any more."""
    leaving: list[str] = []
    held: set[str] = set()
    for inputs, lock in LockRow.objects.values_list("inputs", "lock").iterator(chunk_size=50):
        wheels = set(_SHA256.findall(json.dumps(lock)))
        if wheels & alone and wheels <= theirs:
            leaving.append(inputs)
        else:
            held |= wheels
    return leaving, held


def _forget_hooks(app: AppName, content: set[str]) -> None:
    rows = BuildHookRun.objects.filter(application=app).values_list("key", "files")
    gone = [key for key, files in rows if any(name in content for file in files for name in (file[2], file[4]))]
    BuildHookRun.objects.filter(pk__in=gone).delete()


def _batches(names: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _BATCH):
        yield list(names[start : start + _BATCH])
