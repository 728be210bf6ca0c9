"""Keeps log files bounded while they are written: what is in one is copied aside, and the file emptied.

The writers (Apache, mod_wsgi) hold their files open for appending and take up another one only at a reload, which would
stall requests. So the file stays and its content goes. A line that is written between the last byte of the copy and
the emptying, a few microseconds, is lost; no writer ever waits.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lampas.core.nodestate import Places
from lampas.roothelper import accounts, typed

_OF_APP = re.compile(r"v[0-9]{1,9}\.log")
_OF_FRONT = re.compile(r"front(?:-access)?\.log")
_TURNED = re.compile(r"(.+)\.([1-9][0-9]{0,2})")
_CHUNK = 1 << 20
_ROUNDS = 8  # times that what was written meanwhile is copied as well
_MOST_KEPT = 100


def keep(home: str, request: Mapping[str, Any], *, as_root: bool) -> None:
    """Turns and removes log files of an application, as its user, or of the front.

    Args:
        home: LAMPAS's home.
        request: `app` ("" is the front), `turn` and `remove` (names of files), `files` (how many turned ones stay)
            and `size` (bytes of a file that are kept, its last ones).
        as_root: Whether applications have Unix users of their own.

    Raises:
        Refused: A name is not one of theirs, or it cannot be done.
    """
    front = request.get("app") == ""
    pattern = _OF_FRONT if front else _OF_APP
    turn, remove = _names(request, "turn", pattern), _names(request, "remove", pattern)
    files, size = typed.count(request, "files", _MOST_KEPT), typed.count(request, "size", 1 << 40)
    directory = Path(home) / "logs" if front else Path(Places(home).logs(typed.app(request)))

    def work() -> None:
        for name in remove:
            (directory / name).unlink(missing_ok=True)
        for name in turn:
            _turn(directory, name, files, size)

    if front:
        work()
    else:
        accounts.as_application(typed.app(request), work, as_root=as_root)


def _turn(directory: Path, name: str, files: int, size: int) -> None:
    """`shop.log` becomes `shop.log.1`, `.1` becomes `.2`, and so on; the oldest goes."""
    aside = directory / f".{name}.new"
    aside.unlink(missing_ok=True)
    handle = os.open(directory / name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise typed.Refused(f"{name} is no log")
        try:
            _copy(handle, aside, found, size)
        except OSError:  # a full disk: rather these lines than the bound are given up
            aside.unlink(missing_ok=True)
            os.ftruncate(handle, 0)
            return
    finally:
        os.close(handle)
    for number in range(files, 1, -1):
        with contextlib.suppress(FileNotFoundError):
            (directory / f"{name}.{number - 1}").replace(directory / f"{name}.{number}")
    aside.replace(directory / f"{name}.1")


def _copy(handle: int, aside: Path, found: os.stat_result, size: int) -> None:
    target = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchown(target, found.st_uid, found.st_gid)
        os.fchmod(target, stat.S_IMODE(found.st_mode) & 0o640)
        begin = max(0, found.st_size - size)  # what stands before it becomes a hole, so that places stay the same
        os.lseek(handle, begin, os.SEEK_SET)
        os.lseek(target, begin, os.SEEK_SET)
        rounds, room = _ROUNDS, size + _CHUNK  # a writer in full flight neither holds this up nor goes over the bound
        while rounds and room > 0 and (data := os.read(handle, _CHUNK)):
            os.write(target, data)
            rounds, room = rounds - (len(data) < _CHUNK), room - len(data)
        os.ftruncate(handle, 0)
    finally:
        os.close(target)


def _names(request: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> Sequence[str]:
    value = request.get(key)
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise typed.Refused(f"{key} is not a list of names")
    for name in value:
        turned = _TURNED.fullmatch(name)
        if not pattern.fullmatch(turned[1] if turned and key == "remove" else name):
            raise typed.Refused(f"{key} names something that is no log")
    return value
