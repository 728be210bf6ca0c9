"""The disposable bare repositories on disk. They may be deleted at any moment; MariaDB brings them back.

`Cache.ensure` answers with a repository that is at least as new as what was committed when it was called. One process
at a time brings a repository up to date; readers never wait, for everything is written aside and renamed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from lampas.core.names import Oid, RepositoryName
from lampas.errors import Failed
from lampas.git import layout, places
from lampas.git.layout import OnDisk
from lampas.git.places import Places
from lampas.store import history, history_packs
from lampas.store.history import Stand
from lampas.store.history_packs import StoredPack

KEPT = 900.0  # seconds for which a pack that was merged into another stays on disk for those who read it
_TRIES = 8


class Cache:
    """All cached repositories of this server.

    Args:
        where: The directories.
    """

    def __init__(self, where: Places) -> None:
        self._where = where
        self.root = places.caches(where)

    def path(self, name: RepositoryName) -> Path:
        """Where a repository's cache stands; it need not exist."""
        return self.root / f"{name}.git"

    def ensure(self, name: RepositoryName, hint: Path | None = None) -> Path:
        """Brings a repository up to date where it is behind.

        Args:
            name: The repository.
            hint: A directory that may hold the missing packs already, on the same file system.

        Raises:
            NotFound: There is no such repository.
            Failed: The cache cannot be written.
        """
        trouble: Exception | None = None
        for _ in range(_TRIES):
            now = history.stand(name)
            if self._fresh(now):
                return self.path(name)
            try:
                with self._lock(name):
                    if not self._fresh(now):
                        self._update(now, hint)
                return self.path(name)
            except (OSError, _Behind) as error:  # deleted under our hands, or a pack was collected meanwhile
                trouble = error
        raise Failed(f"the cache of {name} cannot be written: {trouble}", "see whether the disk is full") from trouble

    def drop(self, name: RepositoryName) -> None:
        """Deletes a repository's cache."""
        shutil.rmtree(self.path(name), ignore_errors=True)

    def _fresh(self, now: Stand) -> bool:
        directory = self.path(now.name)
        has = layout.read(directory)
        return has is not None and self._usable(has, now) and has.generation >= now.generation and has.whole(directory)

    @staticmethod
    def _usable(has: OnDisk, now: Stand) -> bool:
        return has.repository == now.id and has.boot == layout.boot()

    @contextlib.contextmanager
    def _lock(self, name: RepositoryName) -> Iterator[None]:
        folder = self.root / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def build(self, name: RepositoryName, directory: Path) -> None:
        """Makes a repository from MariaDB in a directory that does not exist yet.

        Raises:
            NotFound: There is no such repository.
            Failed: It cannot be written.
        """
        trouble: Exception | None = None
        for _ in range(_TRIES):
            try:
                layout.make(directory)
                self._fill(directory, None, *_truth(name), hint=None)
                return
            except (OSError, _Behind) as error:
                trouble = error
                shutil.rmtree(directory, ignore_errors=True)
        raise Failed(f"{name} cannot be written to disk: {trouble}", "see whether the disk is full") from trouble

    def _update(self, asked: Stand, hint: Path | None) -> None:
        now, refs, packs = _truth(asked.name)
        directory = self.path(now.name)
        has = layout.read(directory)
        if has is None or not self._usable(has, now) or not layout.framed(directory):
            with self._aside(now.name) as fresh:
                layout.make(fresh)
                self._fill(fresh, None, now, refs, packs, hint)
                self._swap(fresh, directory)
        else:
            self._fill(directory, has, now, refs, packs, hint)

    def _fill(
        self,
        directory: Path,
        has: OnDisk | None,
        now: Stand,
        refs: dict[str, Oid],
        packs: list[StoredPack],
        hint: Path | None,
    ) -> None:
        folder = directory / "objects" / "pack"
        sizes = {pack.name: _place(pack, folder, has, hint) for pack in packs}
        layout.write_refs(directory, refs, now.default_branch)
        retired = _retire(folder, has, sizes) if has else {}
        layout.write_stand(directory, OnDisk(now.id, now.generation, layout.boot(), now.default_branch, sizes, retired))

    @contextlib.contextmanager
    def _aside(self, name: RepositoryName) -> Iterator[Path]:
        folder = self.root / ".aside"
        for old in folder.glob(f"{name}@*"):  # left by a process that was killed: we hold the lock
            shutil.rmtree(old, ignore_errors=True)
        path = folder / f"{name}@{os.getpid()}-{secrets.token_hex(4)}"
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _swap(self, fresh: Path, directory: Path) -> None:
        if directory.exists():
            with contextlib.suppress(FileNotFoundError):
                directory.rename(fresh.with_name(fresh.name + "-old"))
        try:
            fresh.rename(directory)
        finally:
            shutil.rmtree(fresh.with_name(fresh.name + "-old"), ignore_errors=True)


def _truth(name: RepositoryName) -> tuple[Stand, dict[str, Oid], list[StoredPack]]:
    """What MariaDB has. Packs are read after the refs, for a pack is published no later than what needs it."""
    now = history.stand(name)
    refs = history.refs_of(now.id)
    return now, refs, history_packs.published(now.id)


class _Behind(Exception):
    """What was read from MariaDB does not fit together: it changed while it was read."""


def _place(pack: StoredPack, folder: Path, has: OnDisk | None, hint: Path | None) -> tuple[int, int]:
    """Puts a pack and its index into the folder unless they are there, the index last: git looks for indexes.

    Returns:
        The sizes of both in bytes.
    """
    target, index = folder / f"pack-{pack.name}.pack", folder / f"pack-{pack.name}.idx"
    known = has.packs.get(pack.name) if has else None
    if known and _sizes(target, index) == known:
        return known
    near = hint / target.name if hint else None
    if near is not None and near.exists() and near.with_suffix(".idx").exists():
        _link(near, target)
        _link(near.with_suffix(".idx"), index)
    else:
        _write(pack.id, "pack", target)
        _write(pack.id, "idx", index)
    sizes = _sizes(target, index)
    if sizes is None or sizes[0] != pack.size or sizes[1] == 0:
        target.unlink(missing_ok=True)
        raise _Behind(f"pack {pack.name} is not whole")
    return sizes


def _sizes(target: Path, index: Path) -> tuple[int, int] | None:
    try:
        return target.stat().st_size, index.stat().st_size
    except FileNotFoundError:
        return None


def _link(source: Path, target: Path) -> None:
    with contextlib.suppress(FileExistsError):
        os.link(source, target)


def _write(pack: int, kind: str, target: Path) -> None:
    aside = target.with_name(f"tmp_{target.name}.{os.getpid()}")
    try:
        with aside.open("wb", buffering=0) as file:
            history_packs.copy(pack, kind, file.fileno())
        aside.chmod(0o444)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def _retire(folder: Path, has: OnDisk, current: dict[str, tuple[int, int]]) -> dict[str, float]:
    """Notes packs that are part of the repository no more, and deletes those that were noted long enough ago."""
    now = time.time()
    noted = {**dict.fromkeys(has.packs, now), **has.retired}
    retired = {name: since for name, since in noted.items() if name not in current}
    due = {name for name, since in retired.items() if now - since > KEPT}
    if due:
        for stale in folder.glob("multi-pack-index*"):
            stale.unlink(missing_ok=True)
    for name in due:
        for suffix in (".idx", ".bitmap", ".rev", ".pack"):
            (folder / f"pack-{name}{suffix}").unlink(missing_ok=True)
    return {name: since for name, since in retired.items() if name not in due}
