"""Python sources → bytecode, by Debian's own Python, in a process of its own that never runs them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from lampas import process
from lampas.build.tools import HOSTED_PYTHON
from lampas.errors import Failed

_WORKER = Path(__file__).parent / "bytecode_worker.py"
_SECONDS = 600.0
_BATCH = 32 << 20  # bytes of source for one process


def compile_all(sources: Sequence[tuple[str, bytes]]) -> Iterator[bytes | None]:
    """The bytecode of each source, in order; None where it does not compile.

    The same path and source always give the same bytes: the hash seed is fixed, and the header holds the source's hash
    instead of a time. A source that takes the compiler down with it has no bytecode; the others have theirs.

    Args:
        sources: (path in the release, content).

    Raises:
        Failed: Debian's Python itself does not work.
    """
    waiting = list(sources)
    while waiting:
        batch = _first(waiting)
        done = _results(_run(batch))
        if len(done) < len(batch):
            done.append(None)  # the one at which the process died
        yield from done
        waiting = waiting[len(done) :]


def _first(waiting: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    size = 0
    for count, (_, source) in enumerate(waiting):
        size += len(source)
        if count and size > _BATCH:
            return waiting[:count]
    return waiting


def _run(batch: list[tuple[str, bytes]]) -> bytes:
    stdin = bytearray()
    for path, source in batch:
        name = path.encode(errors="surrogateescape")
        stdin += struct.pack(">II", len(name), len(source)) + name + source
    environment = {"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    argv: list[str | Path] = [HOSTED_PYTHON, "-s", "-S", "-P", "-B", _WORKER]
    done = process.run(argv, stdin=bytes(stdin), env=environment, timeout=_SECONDS)
    if done.status > 0:  # below 0 it was a signal: a source took it down
        raise Failed(f"{HOSTED_PYTHON} cannot compile: {done.stderr.decode(errors='replace').strip()[-500:]}")
    return done.stdout


def _results(stdout: bytes) -> list[bytes | None]:
    found: list[bytes | None] = []
    position = 0
    while position + 4 <= len(stdout):
        (length,) = struct.unpack_from(">I", stdout, position)
        if position + 4 + length > len(stdout):
            break
        found.append(stdout[position + 4 : position + 4 + length] or None)
        position += 4 + length
    return found
