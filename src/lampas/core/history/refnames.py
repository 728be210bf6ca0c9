"""Which refs may be pushed, and how they must be spelled. Pure; the rules are those of git-check-ref-format."""

from __future__ import annotations

import re

PREFIXES = ("refs/heads/", "refs/tags/")
LONGEST = 255

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def problem(name: str) -> str | None:
    """Why a ref may not be made under this name; None where it may.

    Args:
        name: The full name, `refs/heads/main`.
    """
    if not name.startswith(PREFIXES):
        return "only branches (refs/heads/) and tags (refs/tags/) can be pushed"
    short = name.split("/", 2)[2]
    if not short or short == "HEAD" or short.startswith("-"):
        return "this is not a usable name for a branch or a tag"
    if len(name) > LONGEST:
        return f"the name is longer than {LONGEST} characters"
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return "the name is not UTF-8"
    parts = name.split("/")
    if (
        _FORBIDDEN.search(name)
        or name.endswith((".", "/"))
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    ):
        return "the name is not well formed (see git help check-ref-format)"
    return None


def parents(name: str) -> tuple[str, ...]:
    """The names that cannot exist beside this one, since it would stand under them: `refs/heads/a` for `…/a/b`."""
    parts = name.split("/")
    return tuple("/".join(parts[:count]) for count in range(3, len(parts)))
