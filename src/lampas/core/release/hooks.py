"""Build hooks: what names their work, what their output does to a release, and the port that runs them."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lampas.core.names import AppName, Sha256
from lampas.core.nodestate import Manifest, ManifestFile
from lampas.core.release.assembly import BUILDER, PYTHON, bytecode_path, tree_digest
from lampas.core.release.values import Content
from lampas.errors import Failed

OUT_OF_TIME = 124


class HookFailed(Failed):
    """A hook ended badly; the message ends with its own last words."""

    def __init__(self, app: AppName, kind: str, hook: str, how: str, words: str) -> None:
        super().__init__(f"the {kind} hook `{hook}` of {app} {how}" + (f":\n{words}" if words else ""))
        self.hook = hook


@dataclass(frozen=True)
class HookFile:
    """A file that hooks made or changed: its place in the release, mode, content, and its bytecode's (None: none)."""

    path: str
    mode: int
    content: Content
    bytecode: Content | None = None


@dataclass(frozen=True)
class HookOutput:
    """What hooks made of a tree.

    Attributes:
        key: Names tree and hooks; "" where there are no hooks.
        files: What they made or changed, sorted by path.
    """

    key: str = ""
    files: tuple[HookFile, ...] = ()

    def inputs(self) -> list[list[str | int]]:
        """Their part of what names a release."""
        return [[file.path, file.mode, file.content.sha256] for file in self.files]


@dataclass(frozen=True)
class HookRun:
    """How a run of hooks ended.

    Attributes:
        status: Exit status of the last one that ran; 124: the time was up.
        ran: How many began; 0: it is not known.
        said: What they wrote.
        files: What they left, their content still with the runner.
        links: Links that they left and that lead out of the tree or to a directory.
        reads: What of the tree they read; a directory that they listed ends in "/".
        seconds: How long it took.
    """

    status: int
    ran: int
    said: str
    files: tuple[HookFile, ...]
    links: tuple[str, ...]
    reads: tuple[str, ...]
    seconds: float


class HookRunner(Protocol):
    """Runs build hooks in a sandbox, as the application's user; `dispatch` fills it through an agent."""

    def run(self, draft: Manifest, commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> HookRun:
        """Runs commands in a writable copy of a tree.

        Args:
            draft: The tree; all its content is in the store.
            commands: What runs, one after the other, until one fails.
            env: The definition's environment.

        Raises:
            LampasError: The sandbox itself could not be used.
        """

    def fetch(self, names: Iterable[str]) -> Iterator[tuple[Sha256, bytes]]:
        """The content of files that the last run left.

        Raises:
            LampasError: The runner has lost it.
        """


def words(hooks: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Hooks as programs with arguments; there is no shell."""
    return tuple(tuple(shlex.split(hook)) for hook in hooks)


def key(draft: Manifest, hooks: Sequence[str]) -> str:
    """Names what build hooks work on: the same key, the same output. Settings are no part of it."""
    return _hash([tree_digest(draft), *_around(draft, hooks)])


def scope(draft: Manifest, hooks: Sequence[str]) -> str:
    """Names hooks with all that they may depend on but the contents of files: which files there are, distributions."""
    shape = [[file.path, file.mode] for file in draft.files]
    return _hash([shape, sorted(wheel.sha256 for wheel in draft.wheels), *_around(draft, hooks)])


def _around(draft: Manifest, hooks: Sequence[str]) -> list[Any]:
    return [BUILDER, PYTHON, draft.root, sorted(draft.persist), list(hooks)]


def seen(draft: Manifest, reads: Iterable[str]) -> dict[str, str]:
    """What hooks saw of a tree: the content of each file that they read, and of each directory that they listed what a
    list can tell: names, modes and sizes.

    Args:
        draft: The tree.
        reads: What they read; a directory ends in "/".
    """
    files = {file.path: file.sha256 for file in draft.files}
    lists = _lists(draft)
    return {path: lists.get(path, "") if path.endswith("/") or not path else files.get(path, "") for path in reads}


def _lists(draft: Manifest) -> dict[str, str]:
    """Directory, ending in "/" ("" the top) → the hash of what a list of it can tell."""
    entries: dict[str, set[tuple[str, int, int]]] = {}
    for file in draft.files:
        folder, _, name = file.path.rpartition("/")
        entries.setdefault(f"{folder}/" if folder else "", set()).add((name, file.mode, file.size))
        while folder:
            parent, _, name = folder.rpartition("/")
            entries.setdefault(f"{parent}/" if parent else "", set()).add((name, 0, 0))
            folder = parent
    return {folder: _hash(sorted(found)) for folder, found in entries.items()}


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()


def check(app: AppName, hooks: Sequence[str], kind: str, run: HookRun) -> None:
    """Passes a run that ended well.

    Raises:
        HookFailed: It did not.
    """
    hook = hooks[max(run.ran - 1, 0)]
    last = run.said.strip()[-2000:]
    if run.status == OUT_OF_TIME:
        raise HookFailed(app, kind, hook if run.ran else "; ".join(hooks), f"did not end in {run.seconds:.0f} s", last)
    if run.status:
        raise HookFailed(app, kind, hook, f"ended with status {run.status}", last)
    if run.links:
        raise HookFailed(
            app, kind, hook, f"left the link {run.links[0]}, which leads out of the release or to a directory", ""
        )


def merged(draft: Manifest, output: HookOutput) -> Manifest:
    """The tree with what hooks made. What they removed stays, unless something of theirs stands in its place."""
    new = {file.path: file for file in output.files}
    below = {parent for path in new for parent in _parents(path)}
    gone = {bytecode_path(path) for path in new if path.endswith(".py")}
    kept = [
        file
        for file in draft.files
        if file.path not in new
        and file.path not in gone
        and file.path not in below
        and not any(parent in new for parent in _parents(file.path))
    ]
    made = [ManifestFile(each.path, each.content.sha256, each.content.size, each.mode) for each in output.files]
    compiled = [
        ManifestFile(bytecode_path(each.path), each.bytecode.sha256, each.bytecode.size, 0o444)
        for each in output.files
        if each.bytecode is not None
    ]
    return replace(draft, files=tuple(sorted([*kept, *made, *compiled], key=lambda file: file.path)))


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
