"""The files of a bare repository as LAMPAS writes them: configuration, refs, and how far it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

STAND = "lampas.json"
GRAPH = "objects/info/commit-graph"

# Errors of git's own check that are only warnings by default, and that some file system turns into an attack.
_RAISED = ("hasDot", "hasDotdot", "hasDotgit", "fullPathname", "emptyName", "nullSha1", "gitmodulesSymlink")
# Harmless slips of old tools that stand in well-known histories.
_LOWERED = ("missingSpaceBeforeDate", "badTimezone", "zeroPaddedFilemode")
_FOLDERS = ("objects/pack", "objects/info", "refs/heads", "refs/tags")

MAX_INPUT = 2 << 30  # bytes of one push

_CONFIG = f"""[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = false
\tfsync = none
\tbigFileThreshold = 32m
\tpackedGitLimit = 1g
\talternateRefsCommand = exit 0;
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tautogc = false
\tunpackLimit = 1
\tfsckObjects = true
\tmaxInputSize = {MAX_INPUT}
\tadvertisePushOptions = false
\tprocReceiveRefs = refs
\tdenyNonFastForwards = false
[receive "fsck"]
{"".join(f"{chr(9)}{name} = error{chr(10)}" for name in _RAISED)}\
{"".join(f"{chr(9)}{name} = warn{chr(10)}" for name in _LOWERED)}\
[transfer]
\tfsckObjects = true
[uploadpack]
\tallowFilter = true
\tallowReachableSHA1InWant = true
[http]
\tgetanyfile = false
\tuploadpack = true
\treceivepack = true
[pack]
\twriteReverseIndex = false
[repack]
\twriteBitmaps = false
"""


@dataclass(frozen=True)
class OnDisk:
    """How far a cached repository is, written last of all its files.

    Attributes:
        repository: Row id; a repository that was made anew under an old name has another one.
        generation: As of which publication.
        boot: The machine's boot. The cache is never synced to disk, so after a power cut it is not to be trusted.
        default_branch: What HEAD points to.
        packs: Sizes of pack and index in bytes by the pack's name.
        retired: Packs that are on disk and no longer part of the repository: since when, in Unix seconds.
    """

    repository: int
    generation: int
    boot: str
    default_branch: str
    packs: Mapping[str, tuple[int, int]]
    retired: Mapping[str, float] = field(default_factory=dict)

    def whole(self, directory: Path) -> bool:
        """Whether all the files are there that it speaks of."""
        folder = directory / "objects" / "pack"
        try:
            return (
                all((directory / name).exists() for name in ("HEAD", "packed-refs"))
                and framed(directory)
                and all(
                    (folder / f"pack-{name}.pack").stat().st_size == size
                    and (folder / f"pack-{name}.idx").stat().st_size == index
                    for name, (size, index) in self.packs.items()
                )
            )
        except OSError:
            return False


def framed(directory: Path) -> bool:
    """Whether what never changes is there, so that the rest can be written in place."""
    return (directory / "config").exists() and all((directory / name).is_dir() for name in _FOLDERS)


def boot() -> str:
    """The id of this boot of the machine."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def read(directory: Path) -> OnDisk | None:
    """The document of a cached repository; None where there is none, or it is damaged."""
    try:
        raw = json.loads((directory / STAND).read_bytes())
        raw["packs"] = {name: (sizes[0], sizes[1]) for name, sizes in raw["packs"].items()}
        return OnDisk(**raw)
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def write_stand(directory: Path, on_disk: OnDisk) -> None:
    """Writes the document, by rename."""
    replace(directory / STAND, json.dumps(vars(on_disk)).encode())


def make(directory: Path) -> None:
    """Makes the fixed files of a bare repository in a directory that does not exist yet."""
    for folder in _FOLDERS:
        (directory / folder).mkdir(parents=True)
    (directory / "config").write_text(_CONFIG)


def write_refs(directory: Path, refs: Mapping[str, str], default_branch: str) -> None:
    """Writes all refs at once, and HEAD, each by rename."""
    lines = [f"{refs[name]} {name}\n" for name in sorted(refs, key=str.encode)]
    replace(directory / "packed-refs", "".join(["# pack-refs with: sorted \n", *lines]).encode())
    head = f"ref: refs/heads/{default_branch}\n".encode()
    current = directory / "HEAD"
    if not current.exists() or current.read_bytes() != head:
        replace(current, head)


def replace(path: Path, data: bytes) -> None:
    """Writes a file aside and renames it into place."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    aside.write_bytes(data)
    aside.replace(path)
