"""Static files of releases where the front's user may read them: hard links into the store, renamed into place whole.

front/static/APP/N/
    plain/      by URL
    br/ gzip/   what stands compressed beside a file (`app.css.br`), under that file's own URL
    manifest    the sha256 of the release's manifest

The front makes an ETag of a file's time and size. So each file gets a time that is made of its content: the same on
every node, in every release that has the file, and after every rollback.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from lampas.agent.content import ContentStore
from lampas.core.nodestate import Manifest, Places
from lampas.core.nodestate.statics import ENCODINGS, Served, of_front
from lampas.errors import Failed

_FIRST = 1_000_000_000  # Unix seconds, in 2001; eight years from there are long past on any clock
_MODE = 0o750  # the directory above hands its group on: the front's


def exposed(places: Places) -> dict[tuple[str, int], str]:
    """What stands there whole: (application, number) → sha256 of the manifest."""
    found = {}
    for file in Path(places.static_files).glob("*/*/manifest"):
        if file.parent.name.isdigit():
            found[file.parent.parent.name, int(file.parent.name)] = file.read_text().strip()
    return found


def expose(places: Places, content: ContentStore, number: int, manifest: Manifest) -> int:
    """Puts a release's static files where the front reads them; returns how many.

    Args:
        places: Where things stand.
        content: The node's content.
        number: The release's number.
        manifest: Its content.

    Raises:
        Failed: Content is missing, or the disk is full.
    """
    target = Path(places.static(manifest.app, number))
    aside = target.with_name(f".{target.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        target.parent.mkdir(mode=_MODE, exist_ok=True)
        aside.mkdir(mode=_MODE)
        links = list(_links(manifest))
        made = {aside}
        for path, sha256 in links:
            _directory((aside / path).parent, made)
            content.link(sha256, aside / path, 0o444)
            _date(aside / path, sha256)
        (aside / "manifest").write_text(manifest.sha256 + "\n")
        shutil.rmtree(target, ignore_errors=True)
        aside.replace(target)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise Failed(
            f"the static files of {manifest.app} {number} cannot be put on the disk: {error.strerror}",
            "make room on the node's disk",
        ) from error
    return len(links)


def hide(places: Places, app: str, number: int) -> None:
    """Takes a release's static files away; those that are not there are no error."""
    target = Path(places.static(app, number))
    if target.exists():
        aside = target.with_name(f".{target.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        target.replace(aside)  # all at once: what is half removed is never served
        shutil.rmtree(aside)
    if target.parent.is_dir() and not any(target.parent.iterdir()):
        target.parent.rmdir()


def _links(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Where each file goes, and which content it is."""
    every = of_front(manifest.static, manifest.persist)
    places: dict[str, str] = {}
    for each in every:
        inner = tuple(f"{other.prefix}/" for other in every if other.prefix.startswith(f"{each.prefix}/"))
        for path, sha256 in _files(each, manifest):
            if not f"{path}/".startswith(inner):
                places[path] = sha256
    for path, sha256 in places.items():
        yield f"plain{path}", sha256
        for encoding, ending in ENCODINGS.items():
            if path.endswith(ending) and path.removesuffix(ending) in places:
                yield f"{encoding}{path.removesuffix(ending)}", sha256


def _files(each: Served, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The files of one static directory: URL path and content."""
    directory = f"{each.directory}/"
    for file in manifest.files:
        if file.path.startswith(directory):
            yield f"{each.prefix}/{file.path[len(directory) :]}", file.sha256


def _directory(path: Path, made: set[Path]) -> None:
    missing = []
    while path not in made:
        missing.append(path)
        path = path.parent
    for each in reversed(missing):
        each.mkdir(mode=_MODE)
        made.add(each)


def _date(path: Path, sha256: str) -> None:
    micros = _FIRST * 1_000_000 + int(sha256[:12], 16)  # 48 bits of microseconds are nearly nine years
    if path.stat().st_mtime_ns != micros * 1000:
        os.utime(path, ns=(micros * 1000, micros * 1000))
