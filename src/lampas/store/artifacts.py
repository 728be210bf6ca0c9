"""Content by sha256 in MariaDB: wheels, release files, manifests. It is only ever added.

Pieces are written and read in batches bounded by bytes, so that a tree of thousands of small files costs a few
statements, and a large wheel never stands in memory more than once.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator

from django.db import transaction

from lampas.core.names import Sha256
from lampas.errors import NotFound
from lampas.store.models import Artifact, ArtifactChunk

CHUNK = 1 << 20  # bytes of content in one row
BATCH = 6 << 20  # bytes of content in one statement, well below max_allowed_packet
NAMES = 1000  # names in one IN (…)


def name_of(data: bytes) -> Sha256:
    """The sha256 that names some content."""
    return Sha256(hashlib.sha256(data).hexdigest())


def put(data: bytes) -> Sha256:
    """Keeps one piece and returns its name; what is there already is not written again."""
    name = name_of(data)
    put_many([(name, data)])
    return name


def put_many(pieces: Iterable[tuple[Sha256, bytes]]) -> None:
    """Keeps many pieces, each under its name. A piece that somebody else writes at the same time is no conflict."""
    batch: dict[Sha256, bytes] = {}
    size = 0
    for name, data in pieces:
        batch[name] = data
        size += len(data)
        if size >= BATCH or len(batch) >= NAMES:
            _write(batch)
            batch, size = {}, 0
    if batch:
        _write(batch)


def have(names: Collection[str]) -> set[Sha256]:
    """Which of these names are kept here."""
    wanted = list(names)
    found: set[Sha256] = set()
    for start in range(0, len(wanted), NAMES):
        rows = Artifact.objects.filter(sha256__in=wanted[start : start + NAMES])
        found.update(Sha256(name) for name in rows.values_list("sha256", flat=True))
    return found


def get(name: str) -> bytes:
    """The content of one piece.

    Raises:
        NotFound: It is not kept here.
    """
    return b"".join(_decoded(chunk) for chunk in _chunks([name]))


def get_many(names: Collection[str]) -> Iterator[tuple[Sha256, bytes]]:
    """The content of many pieces, sorted by name, read in batches bounded by bytes.

    Raises:
        NotFound: One of them is not kept here.
    """
    sizes: dict[str, int] = {}
    wanted = sorted(set(names))
    for start in range(0, len(wanted), NAMES):
        rows = Artifact.objects.filter(sha256__in=wanted[start : start + NAMES])
        sizes.update(rows.values_list("sha256", "size"))
    for batch in _batches(wanted, sizes):
        parts: dict[str, list[bytes]] = {name: [] for name in batch}
        for chunk in _chunks(batch):
            parts[chunk.artifact_id].append(_decoded(chunk))
        for name in batch:
            yield Sha256(name), b"".join(parts[name])


def _batches(wanted: list[str], sizes: dict[str, int]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in wanted:
        if name not in sizes:
            raise _lost(name)
        if batch and (size + sizes[name] > BATCH or len(batch) >= NAMES):
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += sizes[name]
    if batch:
        yield batch


def _chunks(names: list[str]) -> list[ArtifactChunk]:
    chunks = list(ArtifactChunk.objects.filter(artifact_id__in=names).order_by("artifact_id", "seq"))
    missing = set(names) - {chunk.artifact_id for chunk in chunks}
    if missing:
        raise _lost(min(missing))
    return chunks


def _write(batch: dict[Sha256, bytes]) -> None:
    fresh = set(batch) - have(batch)
    if not fresh:
        return
    # Whoever writes the same piece at the same time writes the same rows: both sides ignore what is there already.
    # Sorted, so that two writers take their locks in one order.
    ordered = sorted(fresh)
    with transaction.atomic():
        Artifact.objects.bulk_create(
            [Artifact(sha256=name, size=len(batch[name])) for name in ordered], ignore_conflicts=True
        )
        rows = (row for name in ordered for row in _encoded(name, batch[name]))
        for some in _by_bytes(rows):
            ArtifactChunk.objects.bulk_create(some, ignore_conflicts=True)


def _by_bytes(rows: Iterator[ArtifactChunk]) -> Iterator[list[ArtifactChunk]]:
    """Rows in statements of at most BATCH bytes: a large wheel is more than one packet of the database takes."""
    some: list[ArtifactChunk] = []
    size = 0
    for row in rows:
        if some and size + len(row.data) > BATCH:
            yield some
            some, size = [], 0
        some.append(row)
        size += len(row.data)
    if some:
        yield some


def _encoded(name: Sha256, data: bytes) -> Iterator[ArtifactChunk]:
    for seq, start in enumerate(range(0, max(len(data), 1), CHUNK)):
        raw = data[start : start + CHUNK]
        small = zlib.compress(raw, 1)
        encoding, kept = ("zlib", small) if len(small) < len(raw) * 0.9 else ("raw", raw)
        yield ArtifactChunk(artifact_id=name, seq=seq, encoding=encoding, data=kept)


def _decoded(chunk: ArtifactChunk) -> bytes:
    data = bytes(chunk.data)
    return zlib.decompress(data) if chunk.encoding == "zlib" else data


def _lost(name: str) -> NotFound:
    return NotFound(f"the content {name} is not kept here", "restore it from a backup, or build the release again")
