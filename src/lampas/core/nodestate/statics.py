"""Who serves static directories: the front what a release brings, the unit what the application keeps.

The front's user reads releases' files alone. What stands in a persistent directory is the application's own, and is
read by its unit, which runs as the application's user.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

MOST = 512  # characters of all prefixes of a release: mod_rewrite cuts lines of a map at 1,024
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # of files that stand compressed beside their own, the better one first


@dataclass(frozen=True)
class Served:
    """One static directory: its URL prefix, the directory from the top of the release, and whether its files are kept
    in the application's persistent directory (`directory` then counts from there)."""

    prefix: str
    directory: str
    kept: bool


def served(static: Mapping[str, str], persist: Sequence[str]) -> tuple[Served, ...]:
    """Every static directory, the longest prefix first; a persistent directory inside of one is one of its own.

    Args:
        static: URL prefix → directory, as the definition says.
        persist: The persistent directories.
    """
    found: dict[str, Served] = {}
    for prefix, directory in _clean(static):
        kept = any(_within(directory, path) for path in persist)
        found[prefix] = Served(prefix, directory, kept)
    for prefix, directory in _clean(static):
        for path in persist:
            if path != directory and _within(path, directory):
                inner = prefix + path[len(directory) :]
                found.setdefault(inner, Served(inner, path, kept=True))
    return tuple(sorted(found.values(), key=lambda each: (-len(each.prefix), each.prefix)))


def of_front(static: Mapping[str, str], persist: Sequence[str]) -> tuple[Served, ...]:
    """Those that the front serves, the longest prefix first: none of whose files are kept, or below what is kept.

    None at all where they do not fit in a line of a map; the unit serves them then.
    """
    every = served(static, persist)
    kept = [each.prefix for each in every if each.kept]
    found = tuple(each for each in every if not each.kept and not any(_within(prefix, each.prefix) for prefix in kept))
    return found if sum(len(each.prefix) + 1 for each in found) <= MOST else ()


def compressed(static: Mapping[str, str], persist: Sequence[str], paths: Collection[str]) -> bool:
    """Whether one of the files that the front serves stands compressed beside its own.

    Args:
        static: As above.
        persist: As above.
        paths: The files of the release; looked up in, so a set.
    """
    directories = tuple(f"{each.directory}/" for each in of_front(static, persist))
    endings = tuple(ENCODINGS.values())
    found = (path for path in paths if path.startswith(directories) and path.endswith(endings))
    return any(path.rpartition(".")[0] in paths for path in found)


def _clean(static: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((prefix.rstrip("/"), directory.strip("/")) for prefix, directory in static.items())


def _within(path: str, directory: str) -> bool:
    return f"{path}/".startswith(f"{directory}/")
