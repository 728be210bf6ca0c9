"""Keeps the logs of applications and of the front bounded, in size and age; see `lampas.roothelper.logs` for how."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lampas.agent.configuration import AgentConfiguration
from lampas.agent.helper import Helper
from lampas.errors import LampasError

_LOG = logging.getLogger("lampas.agent")
_PAUSE = 1.0  # seconds between two looks; what is written meanwhile may go over the bound
_DAY = 86400.0
_BLOCK = 512  # bytes that st_blocks counts: a copy of what was written too fast begins with a hole
_TOGETHER = 8  # times the bound of one log and its copies that all of an application's may take
_NAME = re.compile(r"(?P<log>v[0-9]{1,9}\.log|front(?:-access)?\.log)(?:\.(?P<copy>[1-9][0-9]{0,2}))?")


@dataclass(frozen=True)
class Limits:
    """Bytes of one log, how many copies of it stay, and seconds after which what nobody writes to any more goes."""

    size: int
    files: int
    age: float

    @property
    def together(self) -> int:
        """Bytes of all logs of one application."""
        return self.size * (self.files + 1) * _TOGETHER


@dataclass(frozen=True)
class Seen:
    """A file: its name, bytes on the disk, and Unix seconds of when it was last written to."""

    name: str
    size: int
    written: float


@dataclass(frozen=True)
class Chores:
    """Names of the logs to copy aside and empty, and of those to remove."""

    turn: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


def chores(files: Sequence[Seen], limits: Limits, now: float) -> Chores:
    """What is to be done about some files of one application, or of the front.

    A log that is too large is turned. Copies beyond the number, what is too old, and the oldest of too much goes; the
    log of a unit that may still run is never removed while it is young.
    """
    logs = {file.name: file for file in files if (found := _NAME.fullmatch(file.name)) and not found["copy"]}
    turn = tuple(sorted(name for name, file in logs.items() if file.size > limits.size))
    gone = {file.name for file in files if _old(file, limits, now)}
    left = sorted((file for file in files if file.name not in gone), key=lambda file: file.written)
    over = sum(min(file.size, limits.size) for file in left) - limits.together
    for file in left:
        if over > 0 and file.name not in logs:
            gone.add(file.name)
            over -= file.size
    return Chores(turn, tuple(sorted(gone)))


def _old(file: Seen, limits: Limits, now: float) -> bool:
    found = _NAME.fullmatch(file.name)
    if found is None:
        return False
    if found["copy"] and int(found["copy"]) > limits.files:
        return True
    return now - file.written > limits.age and (bool(found["copy"]) or file.name.startswith("v"))


class Keeper(threading.Thread):
    """Looks again and again, and has done what is to be done."""

    def __init__(self, configuration: AgentConfiguration) -> None:
        super().__init__(name="logs", daemon=True)
        self._configuration = configuration
        self._limits = Limits(configuration.log_size, configuration.log_files, configuration.log_days * _DAY)

    def run(self) -> None:
        """Until the agent ends."""
        while True:
            for app, directory in self._directories():
                self.keep(app, directory)
            time.sleep(_PAUSE)

    def keep(self, app: str, directory: Path) -> None:
        """One look at one directory."""
        wanted = chores(list(_seen(directory)), self._limits, time.time())
        if not wanted.turn and not wanted.remove:
            return
        try:
            with Helper(self._configuration.helper_command) as helper:
                helper.ask(
                    "logs-keep",
                    app,
                    turn=list(wanted.turn),
                    remove=list(wanted.remove),
                    files=self._limits.files,
                    size=self._limits.size,
                )
        except LampasError as error:
            _LOG.warning("the logs of %s are not kept bounded: %s", app or "the front", error)
            time.sleep(_PAUSE * 10)

    def _directories(self) -> Iterable[tuple[str, Path]]:
        logs = Path(self._configuration.home) / "logs"
        yield "", logs
        try:
            apps = sorted(os.listdir(logs / "apps"))  # noqa: PTH208 - names alone
        except OSError:
            return
        for app in apps:
            yield app, logs / "apps" / app


def _seen(directory: Path) -> Iterator[Seen]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    yield Seen(entry.name, found.st_blocks * _BLOCK, found.st_mtime)
    except OSError:
        return
