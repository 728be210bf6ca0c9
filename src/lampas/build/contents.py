"""The index of Perl modules in Debian packages: from the mirrors that this machine's apt knows, checked as apt would.

apt keeps the signed Release file of each mirror; the lists of files are fetched by the hashes that stand there.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from lampas import process
from lampas.build.fetching import trust
from lampas.build.tools import tools
from lampas.core.distributions.contents import contents_files, index, perl_files
from lampas.errors import Failed, NotFound, Unreachable
from lampas.store import packages

_LARGEST = 1 << 30  # bytes of one list, compressed
_REMEDY = "see that /etc/apt/sources.list names a mirror of Debian, and run as root: apt-get update"
_FORM = "$(METAKEY)\t$(URI)\t$(FILENAME)\t$(COMPONENT)\t$(ARCHITECTURE)"


@dataclass(frozen=True)
class Contents:
    """One list of files: where it is fetched, its sha256, and its size in bytes."""

    url: str
    sha256: str
    size: int


def rebuild(tell: Callable[[str], None], options: Sequence[str] = ()) -> int:
    """Makes the index anew; what was known stays where that fails. Returns how many modules it knows.

    Args:
        tell: Hears one line about each list.
        options: Further options of apt: other sources.

    Raises:
        NotFound: apt knows no mirror that has lists of files.
        Unreachable: A mirror does not answer.
        Failed: A list is not what the mirror's Release file says.
    """
    lists = known(options)
    if not lists:
        raise NotFound("apt knows no mirror that lists the files of its packages", _REMEDY)
    return packages.replace_index(index(pair for one in lists for pair in _modules(one, tell)))


def known(options: Sequence[str] = ()) -> list[Contents]:
    """The lists of files of the mirrors that apt knows.

    Args:
        options: Further options of apt.
    """
    words = ["apt-get", *options, "indextargets", "--format", _FORM, "Created-By: Packages"]
    found = {}
    for line in process.check(words).decode().splitlines():
        key, url, file, component, architecture = line.split("\t")
        release = _release(file, key)
        for path, sha256, size in contents_files(release, component, architecture) if release else ():
            one = Contents(url.removesuffix(key) + path, sha256, size)
            found[one.sha256] = one
    return list(found.values())


def _release(file: str, key: str) -> str:
    """The Release file beside the list that apt keeps of a mirror; "" where there is none."""
    whole = Path(file)
    tail = key.replace("/", "_")
    at = whole.name.rfind(tail)
    for name in ("InRelease", "Release"):
        path = whole.with_name(whole.name[:at] + name)
        if at > 0 and path.is_file():
            return path.read_text(errors="replace")
    return ""


def _modules(one: Contents, tell: Callable[[str], None]) -> Iterator[tuple[str, str]]:
    tell(f"reading {one.url} ({one.size:,} bytes)")
    with tempfile.TemporaryFile(dir=tools().scratch) as kept:
        digest = hashlib.sha256()
        for part in _fetched(one):
            digest.update(part)
            kept.write(part)
        if digest.hexdigest() != one.sha256:
            raise Failed(f"{one.url} is not what its mirror's Release file says", "run as root: apt-get update")
        kept.seek(0)
        try:
            with gzip.open(kept) as lines:
                yield from perl_files(lines)
        except (OSError, EOFError, zlib.error) as error:
            raise Failed(f"{one.url} cannot be unpacked: {error}", "try again later") from error


def _fetched(one: Contents) -> Iterator[bytes]:
    address = urlsplit(one.url)
    try:
        if address.scheme in ("file", "copy"):
            with Path(address.path).open("rb") as file:
                yield from iter(functools.partial(file.read, 1 << 20), b"")
            return
        size = 0
        with httpx.stream("GET", one.url, verify=trust(), timeout=60, follow_redirects=True) as answer:
            answer.raise_for_status()
            for part in answer.iter_raw(1 << 20):
                size += len(part)
                if size > _LARGEST:
                    raise Failed(f"{one.url} is larger than {_LARGEST:,} bytes")
                yield part
    except (httpx.HTTPError, OSError) as error:
        raise Unreachable(f"{one.url} cannot be fetched: {error}", "check the node's network and try again") from error
