"""Names in trees and targets of symbolic links: what is refused, and why. Pure.

Nothing of a push is ever checked out by the server, but everything that is accepted will be unpacked somewhere: by a
release, by a developer on macOS or Windows. So a name has to be harmless on all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_NAME = 255  # bytes, NAME_MAX
LONGEST_TARGET = 4096  # bytes, PATH_MAX

# What HFS+ leaves out when it compares names (git's utf8.c, is_hfs_dotgit).
_HFS_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_SHORT_NAME = re.compile(r"git~[0-9]+")


def is_dot_git(name: str) -> bool:
    """Whether some file system takes this name for `.git`: by case, HFS+ ignored letters, or NTFS short names,
    trailing dots and blanks, and stream suffixes."""
    for piece in name.split("\\"):
        plain = _HFS_IGNORED.sub("", piece).lower()
        base = plain.split(":", 1)[0].rstrip(" .")
        if base == ".git" or _SHORT_NAME.fullmatch(base):
            return True
    return False


def problem(name: bytes) -> str | None:
    """Why an entry of a tree may not have this name; None where it may."""
    if name in (b"", b".", b"..") or b"/" in name:
        return "is not a file name"
    if len(name) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} bytes"
    if _CONTROL.search(name):
        return "holds control characters"
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "is not UTF-8"
    if is_dot_git(text):
        return "is a spelling of .git"
    return None


@dataclass(frozen=True)
class Link:
    """What a symbolic link needs: how many directories it climbs above its own, or why it is refused outright."""

    climb: int
    problem: str | None = None


def link(target: bytes) -> Link:
    """Judges the target of a symbolic link.

    Only leading `..` are counted: after a name that may itself be a link, `..` leads where no one can tell.
    """
    if not target or len(target) > LONGEST_TARGET or b"\x00" in target:
        return Link(0, "has no usable target")
    if target.startswith((b"/", b"\\")) or target[1:2] == b":":
        return Link(0, "points to an absolute path")
    parts = [part for part in target.replace(b"\\", b"/").split(b"/") if part not in (b"", b".")]
    climb = 0
    while climb < len(parts) and parts[climb] == b"..":
        climb += 1
    rest = parts[climb:]
    if b".." in rest:
        return Link(climb, "has '..' after a name, which may leave the tree")
    if any(is_dot_git(part.decode(errors="replace")) for part in rest):
        return Link(climb, "points into .git")
    return Link(climb)
