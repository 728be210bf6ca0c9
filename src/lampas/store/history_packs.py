"""Packs in MariaDB: staged whole, published by the refs that need them, read back as a stream, collected.

A pack and its index are cut into chunks of at most 1 MiB, far below MariaDB's smallest usual packet, and stand in
the order in which they are read. A pack's row is committed together with its last chunk: what can be seen is whole.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q

from lampas.core.history.packs import PackFacts
from lampas.core.names import RepositoryName
from lampas.errors import Conflict, InvalidInput
from lampas.store import history
from lampas.store.models import Pack, PackChunk, Repository

CHUNK = 1 << 20
BATCH = 4  # chunks in one answer of the server: a few MiB in memory, and few round trips
READERS = 8  # connections that read one large pack
GRACE = timedelta(hours=6)


@dataclass(frozen=True)
class StagedPack:
    """A pack with its index as files on disk. Its name is the checksum that the pack ends with."""

    name: str
    pack: Path
    index: Path


@dataclass(frozen=True)
class StoredPack:
    """A published pack, as a cache needs to know it: row id, name, size of the pack file in bytes."""

    id: int
    name: str
    size: int


def at(pack: Path) -> StagedPack:
    """The pack in a file, named by its last 20 bytes.

    Raises:
        InvalidInput: It is no pack.
    """
    with pack.open("rb") as file:
        head = file.read(4)
        if head != b"PACK":
            raise InvalidInput(f"{pack.name} is not a git pack")
        file.seek(-20, 2)
        return StagedPack(file.read(20).hex(), pack, pack.with_suffix(".idx"))


def stage(repository: int, staged: StagedPack) -> str:
    """Stores a pack, unpublished. A pack that is stored already is kept and protected from collection for a while.

    Args:
        repository: The repository's row id.
        staged: The pack.

    Returns:
        Its name.
    """
    try:
        with transaction.atomic():
            if not _refresh(repository, staged.name):
                _insert(repository, staged)
    except IntegrityError:  # another push of the same bytes was faster by a moment
        with transaction.atomic():
            if not _refresh(repository, staged.name):
                raise
    return staged.name


def published(repository: int) -> list[StoredPack]:
    """The packs that make up a repository now, oldest first, as committed."""
    with history.committed() as cursor:
        cursor.execute(
            "SELECT id, name, size FROM lampas_pack"
            " WHERE repository_id=%s AND published=1 AND superseded IS NULL ORDER BY id",
            [repository],
        )
        return [StoredPack(*row) for row in cursor.fetchall()]


def facts(repository: int) -> list[PackFacts]:
    """The published packs with their numbers of objects."""
    rows = Pack.objects.filter(repository=repository, published=True, superseded=None)
    return [PackFacts(row.name, row.size, row.objects_count) for row in rows.order_by("id")]


def copy(pack: int, kind: str, target: int) -> None:
    """Writes a pack (`kind` "pack") or its index ("idx") to an open file, as committed.

    A large one is read over several connections at once: MariaDB fetches the pages of a chunk from disk one after the
    other, so a single reader waits for the disk most of the time.

    Args:
        pack: The pack's row id.
        kind: "pack" or "idx".
        target: The file descriptor, written by position.
    """
    with history.committed() as cursor:
        cursor.execute("SELECT COUNT(*) FROM lampas_packchunk WHERE pack_id=%s AND kind=%s", [pack, kind])
        count = cursor.fetchone()[0]
        if count <= 2 * BATCH:
            for start in range(0, count, BATCH):
                _copy_batch(cursor, pack, kind, start, target)
            return
    starts = range(0, count, BATCH)
    with ThreadPoolExecutor(READERS) as pool:
        for done in [pool.submit(_copy_stride, pack, kind, starts[n::READERS], target) for n in range(READERS)]:
            done.result()


def _copy_stride(pack: int, kind: str, starts: Sequence[int], target: int) -> None:
    try:
        with connection.cursor() as cursor:  # this thread's own connection
            for start in starts:
                _copy_batch(cursor, pack, kind, start, target)
    finally:
        connection.close()


def _copy_batch(cursor: CursorWrapper, pack: int, kind: str, start: int, target: int) -> None:
    cursor.execute(
        "SELECT seq, data FROM lampas_packchunk WHERE pack_id=%s AND kind=%s AND seq>=%s AND seq<%s ORDER BY seq",
        [pack, kind, start, start + BATCH],
    )
    for seq, data in cursor.fetchall():
        written = os.pwrite(target, data, seq * CHUNK)
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def supersede(name: RepositoryName, new: str, old: Sequence[str]) -> int:
    """Publishes one pack in the place of others that hold nothing beyond it, in one transaction.

    Returns:
        The generation after it.

    Raises:
        Conflict: One of the old packs is not published any more, or the new one is gone.
    """
    with transaction.atomic():
        row = Repository.objects.select_for_update().get(name=name)
        packs = Pack.objects.filter(repository=row)
        replaced = packs.filter(name__in=old, published=True, superseded=None).exclude(name=new)
        if replaced.count() != len(set(old) - {new}):
            raise Conflict("another compaction was faster", "nothing is lost; it will be tried again")
        replaced.update(superseded=datetime.now(UTC))
        if not packs.filter(name=new).update(published=True, superseded=None):
            raise Conflict("the new pack was collected before it was published", "it will be tried again")
        row.generation += 1
        row.save(update_fields=["generation"])
    return row.generation


def collect(grace: timedelta = GRACE) -> int:
    """Deletes packs that were staged and never published, and superseded ones, once `grace` is over.

    Returns:
        How many packs it deleted.
    """
    before = datetime.now(UTC) - grace
    due = Q(created__lt=before) & (Q(published=False) | Q(superseded__lt=before))
    deleted = 0
    for pack in list(Pack.objects.filter(due).values_list("id", flat=True)):
        with transaction.atomic():
            if Pack.objects.select_for_update().filter(due, id=pack).exists():
                PackChunk.objects.filter(pack_id=pack).delete()
                Pack.objects.filter(id=pack).delete()
                deleted += 1
    return deleted


def _refresh(repository: int, name: str) -> bool:
    found = Pack.objects.select_for_update().filter(repository=repository, name=name).first()
    if found is None:
        return False
    Pack.objects.filter(pk=found.pk).update(created=datetime.now(UTC))
    return True


def _insert(repository: int, staged: StagedPack) -> None:
    row = Pack.objects.create(
        repository_id=repository,
        name=staged.name,
        size=staged.pack.stat().st_size,
        objects_count=_objects(staged.index),
        sha256="",
    )
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for kind, path in (("pack", staged.pack), ("idx", staged.index)):
            with path.open("rb") as file:
                for seq, data in enumerate(_pieces(file)):
                    if kind == "pack":
                        digest.update(data)
                    cursor.execute(
                        "INSERT INTO lampas_packchunk (pack_id, kind, seq, data) VALUES (%s, %s, %s, %s)",
                        [row.pk, kind, seq, data],
                    )
    Pack.objects.filter(pk=row.pk).update(sha256=digest.hexdigest())


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while data := file.read(CHUNK):
        yield data


def _objects(index: Path) -> int:
    """The number of objects: the last entry of the index's fan-out table (version 2: after 8 bytes of header)."""
    with index.open("rb") as file:
        file.seek(8 + 255 * 4)
        return int.from_bytes(file.read(4), "big")
