"""Packs in MariaDB: staged whole, published by the refs that need them, read back as a stream, collected.

A pack and its index are cut into chunks of at most 1 MiB, far below MariaDB's smallest usual packet, and stand in
the order in which they are read. A pack's row is committed together with its last chunk: what can be seen is whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from lampas.core.history.packs import PackFacts
from lampas.core.names import RepositoryName
from lampas.errors import Conflict, InvalidInput
from lampas.store import history
from lampas.store.models import Pack, PackChunk, Repository

CHUNK = 1 << 20
BATCH = 8  # chunks in one answer of the server: 8 MiB in memory at most, and few round trips
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


def chunks(pack: int, kind: str) -> Iterator[bytes]:
    """The bytes of a pack (`kind` "pack") or of its index ("idx"), in order, as committed."""
    seq = 0
    with history.committed() as cursor:
        while True:
            cursor.execute(
                "SELECT data FROM lampas_packchunk WHERE pack_id=%s AND kind=%s AND seq>=%s AND seq<%s ORDER BY seq",
                [pack, kind, seq, seq + BATCH],
            )
            rows = cursor.fetchall()
            for (data,) in rows:
                yield data
            if len(rows) < BATCH:
                return
            seq += BATCH


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
