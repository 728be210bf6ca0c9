"""What build hooks made of trees, by the hash of what they worked on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lampas.core.names import AppName, Sha256
from lampas.core.release.hooks import HookFile
from lampas.core.release.values import Content
from lampas.store.models import BuildHookRun


@dataclass(frozen=True)
class Made:
    """A run of build hooks: the shape of its tree, what it opened there as path → sha256, what it made, what it wrote,
    how many seconds it took."""

    shape: str
    read: Mapping[str, str]
    files: Sequence[HookFile]
    said: str
    seconds: float


def find(key: str) -> tuple[HookFile, ...] | None:
    """What they made; None where they never ran on it. Its content may have been pruned."""
    row = BuildHookRun.objects.filter(key=key).only("files").first()
    return tuple(map(_file, row.files)) if row is not None else None


def alike(shape: str, newest: int = 20) -> Iterator[tuple[str, dict[str, str], tuple[HookFile, ...]]]:
    """Key, what they opened and what they made, on trees with files of the same names, the newest first."""
    for row in BuildHookRun.objects.filter(shape=shape).order_by("-created").only("read", "files")[:newest]:
        yield row.key, row.read, tuple(map(_file, row.files))


def log(key: str) -> str:
    """What they wrote; "" where there are none."""
    return BuildHookRun.objects.filter(key=key).values_list("log", flat=True).first() or "" if key else ""


def save(key: str, app: AppName, made: Made) -> None:
    """Keeps what they made. Its content is kept already."""
    rows = [
        [file.path, file.mode, file.content.sha256, file.content.size,
         file.bytecode.sha256 if file.bytecode else "", file.bytecode.size if file.bytecode else 0]
        for file in made.files
    ]  # fmt: skip
    values = {
        "application": app,
        "shape": made.shape,
        "read": dict(made.read),
        "files": rows,
        "log": made.said,
        "seconds": made.seconds,
    }
    BuildHookRun.objects.update_or_create(key=key, defaults=values)


def _file(row: Sequence[str | int]) -> HookFile:
    path, mode, content, size, bytecode, compiled = row
    made = Content(Sha256(str(bytecode)), int(compiled)) if bytecode else None
    return HookFile(str(path), int(mode), Content(Sha256(str(content)), int(size)), made)
