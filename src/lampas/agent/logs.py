"""What an application's units wrote. The files are the application's own, so they are opened as if it were hostile."""

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


def last_lines(configuration: AgentConfiguration, app: str, number: int, lines: int) -> list[str]:
    """The last lines that a unit wrote."""
    return read(configuration, app, number).splitlines()[-lines:]


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


def numbers(configuration: AgentConfiguration, app: str) -> list[int]:
    """The releases of an application whose units have a log here."""
    try:
        names = os.listdir(configuration.places.logs(app))  # noqa: PTH208 - names alone
    except OSError:
        return []
    return sorted(int(found[1]) for name in names if (found := re.fullmatch(r"v([0-9]+)\.log", name)))


def _path(configuration: AgentConfiguration, app: str, number: int) -> str:
    return f"{configuration.places.logs(app)}/v{number}.log"
