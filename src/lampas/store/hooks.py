"""What build hooks made of trees, by the hash of what they worked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lampas.core.names import AppName, Sha256
from lampas.core.release.hooks import HookFile
from lampas.core.release.values import Content
from lampas.store.models import BuildHookRun

_LOOKED_AT = 20  # runs that are compared with a tree


@dataclass(frozen=True)
class HookMemory:
    """A run of build hooks as it is remembered.

    Attributes:
        app: The application.
        scope: Names all that they may depend on besides the contents of files.
        saw: What they saw: path → content, or what a list can tell; empty where that is not known.
        files: What they made.
        log: What they wrote.
        seconds: How long they took.
    """

    app: AppName
    scope: str
    saw: Mapping[str, str]
    files: Sequence[HookFile]
    log: str
    seconds: float


def find(key: str) -> tuple[HookFile, ...] | None:
    """What they made; None where they never ran on it. Its content may have been pruned."""
    row = BuildHookRun.objects.filter(key=key).only("files").first()
    return tuple(map(_file, row.files)) if row is not None else None


def log(key: str) -> str:
    """What they wrote; "" where there are none."""
    return BuildHookRun.objects.filter(key=key).values_list("log", flat=True).first() or "" if key else ""


def alike(scope: str) -> list[tuple[str, dict[str, str]]]:
    """Runs in which all but the contents of files was the same, newest first: key, and what the hooks saw."""
    rows = BuildHookRun.objects.filter(scope=scope).order_by("-created")
    return list(rows.values_list("key", "saw")[:_LOOKED_AT])


def save(key: str, memory: HookMemory) -> None:
    """Keeps what they made. Its content is kept already."""
    rows = [
        [file.path, file.mode, file.content.sha256, file.content.size,
         file.bytecode.sha256 if file.bytecode else "", file.bytecode.size if file.bytecode else 0]
        for file in memory.files
    ]  # fmt: skip
    values = {
        "application": memory.app,
        "scope": memory.scope,
        "saw": dict(memory.saw),
        "files": rows,
        "log": memory.log,
        "seconds": memory.seconds,
    }
    BuildHookRun.objects.update_or_create(key=key, defaults=values)


def _file(row: Sequence[str | int]) -> HookFile:
    path, mode, content, size, bytecode, compiled = row
    made = Content(Sha256(str(bytecode)), int(compiled)) if bytecode else None
    return HookFile(str(path), int(mode), Content(Sha256(str(content)), int(size)), made)
