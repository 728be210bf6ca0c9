"""Wheels are unpacked and compiled by as many processes as there are cores, the largest wheel first."""

from __future__ import annotations

import contextlib
import json
import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lampas import process
from lampas.errors import Failed, InvalidInput

PYTHON = "/usr/bin/python3"  # Debian's own: its mod_wsgi is linked to it
_WORKER = Path(__file__).parent / "unpack_worker.py"
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_SECONDS = 600.0  # until what was unpacked is on the disk


@dataclass(frozen=True)
class Archive:
    """A wheel in the content store: the sha256 that names it, its file, and the empty directory that it goes to."""

    name: str
    file: Path
    target: Path


def unpack(archives: Sequence[Archive]) -> None:
    """Unpacks and compiles wheels; all of it is on the disk when it returns.

    Raises:
        InvalidInput: One is no wheel, or holds a name that leaves it.
        OSError: The disk is full.
        Failed: Debian's Python itself does not work.
    """
    waiting: queue.SimpleQueue[Archive] = queue.SimpleQueue()
    for archive in sorted(archives, key=lambda each: -each.file.stat().st_size):
        waiting.put(archive)
    count = min(len(archives), os.cpu_count() or 1)
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(_work, waiting.get_nowait) for _ in range(count)]:
            done.result()
    if archives:
        # One look at the file system for all, instead of one for each of thousands of files.
        process.check(["sync", "--file-system", archives[0].target], timeout=_SECONDS)


def _work(following: Callable[[], Archive]) -> None:
    worker = _start()
    try:
        while True:
            try:
                archive = following()
            except queue.Empty:
                return
            told = _ask(worker, archive, compiled=True)
            if told is None:  # a source that takes the compiler down with it; the wheel goes without bytecode then
                _end(worker)
                worker = _start()
                _empty(archive.target)
                told = _ask(worker, archive, compiled=False)
            _check(archive, told)
    finally:
        _end(worker)


def _start() -> process.Started:
    return process.start([PYTHON, "-I", "-S", "-B", _WORKER], stdin=process.PIPE, stderr=None, env=_ENVIRONMENT)


def _ask(worker: process.Started, archive: Archive, *, compiled: bool) -> dict[str, object] | None:
    """What the worker says of an archive; None where it ended over it."""
    assert worker.stdin is not None  # noqa: S101 - started with pipes
    assert worker.stdout is not None  # noqa: S101
    order = {"archive": str(archive.file), "target": str(archive.target), "compile": compiled}
    try:
        worker.stdin.write(json.dumps(order).encode() + b"\n")
        worker.stdin.flush()
        return dict(json.loads(worker.stdout.readline()))
    except (BrokenPipeError, ValueError):
        return None


def _check(archive: Archive, told: dict[str, object] | None) -> None:
    if told is None:
        raise Failed(f"{PYTHON} cannot unpack the distribution {archive.name}", "see the agent's log")
    if told["errno"]:
        raise OSError(told["errno"], str(told["error"]))
    if told["error"]:
        raise InvalidInput(f"the distribution {archive.name} is no wheel: {told['error']}")


def _empty(directory: Path) -> None:
    for path in sorted(directory.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _end(worker: process.Started) -> None:
    for pipe in (worker.stdin, worker.stdout):
        with contextlib.suppress(BrokenPipeError):
            if pipe is not None:
                pipe.close()
    worker.wait()
