"""Debian's own lists of files: what a Release file says of them, and the Perl modules in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lampas.core.distributions.perl import best, module_at

_ENTRY = re.compile(r" ([0-9a-f]{64}) +(\d+) (\S+)")


def listed(release: str) -> Mapping[str, tuple[str, int]]:
    """The files that a Release file vouches for: path → its sha256 and its size in bytes.

    Args:
        release: The file, also one that is signed inline.
    """
    _, _, hashes = release.partition("\nSHA256:\n")
    found = {}
    for line in hashes.split("\n"):
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            break
        found[entry[3]] = (entry[1], int(entry[2]))
    return found


def contents_files(release: str, component: str, architecture: str) -> Iterator[tuple[str, str, int]]:
    """The lists of files of one component: path below the Release file, sha256, size in bytes.

    Args:
        release: The Release file.
        component: `main`; "" where there are none.
        architecture: `amd64`; what is for all of them is taken too.
    """
    known = listed(release)
    for name in (f"Contents-{architecture}.gz", "Contents-all.gz"):
        for path in dict.fromkeys((f"{component}/{name}".lstrip("/"), name)):
            if path in known:
                yield path, *known[path]
                break


def perl_files(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Of the lines of a list of files, the Perl modules: module → Debian package, once for each package."""
    for line in lines:
        if b".pm" not in line:
            continue  # most of millions of lines
        path, _, packages = line.decode(errors="replace").rstrip().rpartition(" ")
        module = module_at(path.rstrip())
        if module:
            for package in packages.split(","):
                yield module, package.rpartition("/")[2]


def index(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Module → the Debian package to propose for it."""
    packages: dict[str, set[str]] = {}
    for module, package in found:
        packages.setdefault(module, set()).add(package)
    return {module: best(module, names) for module, names in packages.items()}
