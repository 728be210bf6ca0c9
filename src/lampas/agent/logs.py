"""What a unit wrote while it was started. Its log is the application's own, so it is opened as if that were hostile."""

from __future__ import annotations

import os
import re
import stat

from lampas.agent.configuration import AgentConfiguration

_MOST = 4 << 20  # bytes that are read from the end of a file
_PREFIX = re.compile(r"^\[[A-Z][a-z]{2} [^\]]*\] \[[^\]]*\] (?:\[pid [^\]]*\] )?(?:\[(?:client|remote) [^\]]*\] )?")
_TRACEBACK = "Traceback (most recent call last):"


def position(configuration: AgentConfiguration, app: str, number: int) -> int:
    """The size of a unit's log now, in bytes: where what comes next begins."""
    try:
        return os.lstat(_path(configuration, app, number)).st_size
    except OSError:
        return 0


def read(configuration: AgentConfiguration, app: str, number: int, begin: int = 0) -> str:
    """A unit's log from a position on, at most its last 4 MiB; "" where there is none."""
    try:
        handle = os.open(_path(configuration, app, number), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            return ""
        file.seek(max(begin, found.st_size - _MOST) if begin <= found.st_size else max(0, found.st_size - _MOST))
        return file.read(_MOST).decode(errors="replace")


def last_words(text: str, most: int = 4000) -> str:
    """The application's own traceback, without the prefixes of Apache's log; without one, the last lines."""
    lines = [_PREFIX.sub("", line) for line in text.splitlines()]
    begins = [index for index, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if not begins:
        return "\n".join(lines[-20:])[-most:]
    kept = [lines[begins[-1]]]
    for line in lines[begins[-1] + 1 :]:
        kept.append(line)
        if line and not line.startswith(" "):
            break
    return "\n".join(kept)[-most:]


def _path(configuration: AgentConfiguration, app: str, number: int) -> str:
    return f"{configuration.places.logs(app)}/v{number}.log"
