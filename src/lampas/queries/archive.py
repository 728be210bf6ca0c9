"""A release as one tar stream, read from the stored content piece by piece."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Sequence

from lampas.build.exporting import wheel_place
from lampas.core.nodestate import Manifest, ManifestFile
from lampas.store import artifacts
from lampas.store.models import Release

_NAMES = 200  # pieces that are asked for at once


def manifest_of(row: Release) -> Manifest:
    """What a release holds.

    Raises:
        NotFound: Its manifest is not kept any more.
    """
    return Manifest.decode(artifacts.get(row.manifest))


def stream(row: Release) -> Iterator[bytes]:
    """The tree as it stands on a node, as the chunks of a tar archive: code, unpacked wheels, and `manifest`.

    Equal releases give equal bytes.
    """
    manifest = manifest_of(row)
    yield _member("manifest", manifest.encode(), 0o444)
    for start in range(0, len(manifest.files), _NAMES):
        yield from _files(manifest.files[start : start + _NAMES])
    for wheel in manifest.wheels:
        yield from _wheel(artifacts.get(wheel.sha256), manifest.runtime)
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


def _files(some: Sequence[ManifestFile]) -> Iterator[bytes]:
    places: dict[str, list[ManifestFile]] = {}
    for file in some:
        places.setdefault(file.sha256, []).append(file)
    for name, data in artifacts.get_many(list(places)):
        for file in places[name]:
            yield _member(f"code/{file.path}", data, file.mode)


def _wheel(data: bytes, runtime: str) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                path = wheel_place(entry.filename, runtime)
                executable = entry.external_attr >> 16 & 0o111 or path.startswith("env/bin/")
                yield _member(path, archive.read(entry), 0o755 if executable else 0o644)


def _member(path: str, data: bytes, mode: int) -> bytes:
    info = tarfile.TarInfo(path)
    info.size, info.mode = len(data), mode
    padding = b"\0" * (-len(data) % tarfile.BLOCKSIZE)
    return info.tobuf(format=tarfile.PAX_FORMAT) + data + padding
