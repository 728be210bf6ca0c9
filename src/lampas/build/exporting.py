"""A release as a directory: code and unpacked wheels, as docs/formats/release-manifest.md describes the tree."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from pathlib import Path

from lampas.core.names import AppName
from lampas.core.nodestate import Manifest
from lampas.errors import Conflict, Failed, NotFound
from lampas.store import artifacts
from lampas.store.models import Release

SITE = "env/lib/python3.11/site-packages"
_LARGEST = 4 << 30  # bytes that one wheel may unpack to


def export(app: AppName, number: int, directory: Path) -> Manifest:
    """Writes the tree of a release into a directory that is not there yet, or empty.

    Raises:
        NotFound: No such release.
        Conflict: The directory holds something.
        Failed: The disk is full, or may not be written to.
    """
    row = Release.objects.filter(application__name=app, number=number).first()
    if row is None:
        raise NotFound(f"{app} has no release {number}", f"list them: lampas release list {app}")
    if directory.exists() and any(directory.iterdir()):
        raise Conflict(f"{directory} is not empty", "name a directory that is not there yet")
    made = Manifest.decode(artifacts.get(row.manifest))
    try:
        _code(made, directory / "code")
        for wheel in made.wheels:
            unpack(artifacts.get(wheel.sha256), directory, wheel.filename, made.runtime)
        (directory / "manifest").write_bytes(made.encode())
    except OSError as error:
        raise Failed(f"{directory} cannot be written: {error.strerror}", "make room, or name another place") from error
    return made


def _code(made: Manifest, code: Path) -> None:
    code.mkdir(parents=True)
    places: dict[str, list[tuple[str, int]]] = {}
    for file in made.files:
        places.setdefault(file.sha256, []).append((file.path, file.mode))
    for name, data in artifacts.get_many(places.keys()):
        for path, mode in places[name]:
            target = code / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(mode | 0o200)


def unpack(wheel: bytes, directory: Path, filename: str, runtime: str = "python") -> None:
    """Unpacks a wheel, or a tree of CPAN: modules into site-packages or `perl`, scripts into `env/bin`, other data
    where it names.

    Raises:
        Failed: It is no wheel, or a file of it would land outside.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise Failed(f"{filename} unpacks to more than {_LARGEST:,} bytes")
            for entry in entries:
                if not entry.is_dir():
                    _entry(archive, entry, directory, filename, runtime)
    except zipfile.BadZipFile as error:
        raise Failed(f"{filename} is no wheel: {error}") from error


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, directory: Path, filename: str, runtime: str) -> None:
    path = wheel_place(entry.filename, runtime)
    if path.startswith("/") or ".." in path.split("/"):
        raise Failed(f"{filename} holds a path outside of itself: {entry.filename!r}")
    target = directory / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    executable = entry.external_attr >> 16 & 0o111 or path.startswith("env/bin/")
    target.chmod(0o755 if executable else 0o644)


def wheel_place(name: str, runtime: str = "python") -> str:
    """Where a file of a wheel goes in a release's tree, by the wheel format's own rules; trees of CPAN follow them."""
    moved = re.fullmatch(r"[^/]+\.data/(purelib|platlib|scripts|data|headers)/(.*)", name)
    if moved is None or moved[1] in ("purelib", "platlib"):
        return f"{'perl' if runtime == 'perl' else SITE}/{moved[2] if moved else name}"
    return {"scripts": "env/bin/", "data": "env/", "headers": "env/include/"}[moved[1]] + moved[2]
