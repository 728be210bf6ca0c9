"""Which files does a patch change?"""

from __future__ import annotations

import re

_HEADER = re.compile(r"(?:---|\+\+\+) (?P<name>\"(?:[^\"\\]|\\.)*\"|[^\t\n]*)")
_RENAMED = re.compile(r"(?:rename|copy) (?:from|to) (?P<name>.+)")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_SPOKEN = {"n": "\n", "t": "\t", "r": "\r"}


def paths_of(patch: str) -> list[str]:
    """The paths that a patch in the form of `git diff` changes, on both sides, each once, sorted.

    Args:
        patch: Its text. What stands in hunks is not taken for a header.
    """
    found: set[str] = set()
    left = [0, 0]  # lines of the hunk that are to come on each side
    for line in patch.splitlines():
        if any(count > 0 for count in left):
            left = [
                left[0] - line.startswith((" ", "-")) - (not line),
                left[1] - line.startswith((" ", "+")) - (not line),
            ]
        elif hunk := re.match(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line):
            left = [int(count) if count is not None else 1 for count in hunk.groups()]
        elif header := _HEADER.match(line):
            name = _unquoted(header["name"])
            if name != "/dev/null":
                found.add(re.sub(r"^[a-z]/", "", name))
        elif renamed := _RENAMED.fullmatch(line):
            found.add(_unquoted(renamed["name"]))
    return sorted(found)


def _unquoted(name: str) -> str:
    if not (name.startswith('"') and name.endswith('"')):
        return name.rstrip()
    plain = _ESCAPE.sub(
        lambda one: chr(int(one[1], 8)) if len(one[1]) == 3 else _SPOKEN.get(one[1], one[1]), name[1:-1]
    )
    return plain.encode("latin-1", "replace").decode(errors="replace")
