"""The supervisor's configuration as text, and the client of its socket."""

from __future__ import annotations

import http.client
import shlex
import socket
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lampas.errors import Failed, InvalidInput, Unreachable
from lampas.host.layout import Layout

RUNNING = "running"
STARTING = "starting"
STOPPED = "stopped"
FAILED = "failed"
_STATES = {"RUNNING": RUNNING, "STARTING": STARTING, "BACKOFF": STARTING, "STOPPED": STOPPED, "STOPPING": STOPPED}


@dataclass(frozen=True)
class Program:
    """One process that the supervisor keeps.

    Attributes:
        name: Its name, and that of its log.
        argv: What is started, after the leftovers of a predecessor were ended.
        user: The Unix user that it runs as.
        environment: Its environment.
        stop_seconds: How long it may take to stop before it is killed.
        priority: Small numbers start first and stop last.
        log: The name of the file in the home's logs that takes what it writes, without `.log`; "": its own name.
    """

    name: str
    argv: tuple[str, ...]
    user: str
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: int = 20
    priority: int = 50
    log: str = ""


@dataclass(frozen=True)
class Observed:
    """What the supervisor says of one process. `since` are Unix seconds, 0 where it never ran; `pid` 0: none."""

    name: str
    state: str
    pid: int
    since: int
    detail: str


def config(layout: Layout, programs: Sequence[Program], *, as_root: bool) -> str:
    """The text of supervisord.conf.

    Args:
        layout: The home.
        programs: What it keeps, besides the release units, whose files it includes.
        as_root: Whether it runs as root and so starts each program as its own user.

    Raises:
        InvalidInput: A value cannot be written.
    """
    parts = [
        f"""\
; Written by lampas up.
[unix_http_server]
file = {layout.supervisor_socket}
chmod = 0700

[supervisord]
logfile = {layout.logs}/supervisor.log
logfile_maxbytes = 10MB
logfile_backups = 3
pidfile = {layout.supervisor_pid}
directory = {layout.home}
umask = 027
minfds = 4096
nocleanup = true
{"user = root" if as_root else ""}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[include]
files = {layout.units}/*.conf
"""
    ]
    parts += [_program(layout, program, as_root=as_root) for program in programs]
    return "\n".join(parts)


def _program(layout: Layout, program: Program, *, as_root: bool) -> str:
    grace = max(1, program.stop_seconds - 1)
    wrapper = ["/usr/bin/python3", "-I", "-S", layout.leftovers, layout.home, program.name, "--grace", grace, "--"]
    return f"""\
[program:{program.name}]
command = {_escaped(shlex.join(str(word) for word in [*wrapper, *program.argv]))}
{f"user = {program.user}" if as_root else ""}
directory = /
umask = 022
environment = {",".join(f"{key}={_quoted(value)}" for key, value in sorted(program.environment.items()))}
priority = {program.priority}
autostart = true
autorestart = true
startsecs = 1
startretries = 100
stopwaitsecs = {program.stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = {layout.logs}/{program.log or program.name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 5
"""


def _quoted(value: str) -> str:
    if any(sign in value for sign in "\"'\n\r\\"):
        raise InvalidInput("the supervisor cannot be given a variable with a quote, a backslash or a line break in it")
    return f'"{_escaped(value)}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


class Supervisor:
    """The client of a supervisor's socket.

    Args:
        path: The socket.
        timeout: Seconds that one answer may take; stopping a process is answered when it has stopped.
    """

    def __init__(self, path: Path, timeout: float = 90.0) -> None:
        self._proxy: Any = xmlrpc.client.ServerProxy("http://supervisor", transport=_OverSocket(path, timeout))

    def pid(self) -> int | None:
        """The supervisor's own pid; None where none answers."""
        try:
            return int(self._call("getPID"))
        except Unreachable:
            return None

    def processes(self) -> list[Observed]:
        """All processes, in the order of their names.

        Raises:
            Unreachable: No supervisor answers.
        """
        found = []
        for raw in self._call("getAllProcessInfo"):
            state = _STATES.get(raw["statename"], FAILED)
            since = raw["start"] if state in (RUNNING, STARTING) else raw["stop"] or raw["start"]
            detail = raw["spawnerr"] or ("" if state == RUNNING else str(raw["description"]))
            found.append(Observed(raw["name"], state, raw["pid"], since, detail))
        return sorted(found, key=lambda one: one.name)

    def apply(self, own: Sequence[str], finishing: Sequence[str] = ()) -> list[str]:
        """Makes those of its programs that are LAMPAS's own be what their configuration says now, one after the other.

        Args:
            own: The names that may be touched, in the order of their start; release units belong to the root helper.
            finishing: Those of them that are stopped before any other is touched, so that they finish what they are at.

        Returns:
            What was started anew.

        Raises:
            Failed: The configuration cannot be used.
            Unreachable: No supervisor answers.
        """
        added, changed, removed = (set(names) & set(own) for names in self._call("reloadConfig")[0])
        for name in finishing:
            if name in changed:
                self._call("stopProcessGroup", name)
        for name in own:
            if name in changed | removed:
                self._call("stopProcessGroup", name)
                self._call("removeProcessGroup", name)
            if name in added | changed:
                self._call("addProcessGroup", name)
        return sorted(added | changed)

    def start(self, name: str) -> None:
        """Starts a process that is stopped or has failed, without waiting for it."""
        try:
            self._call("startProcess", name, False)
        except Failed as error:
            if "ALREADY_STARTED" not in error.message:
                raise

    def signal(self, name: str, number: str) -> None:
        """Sends a signal, `USR1`, to a process."""
        self._call("signalProcess", name, number)

    def stop(self, name: str, *, wait: bool = True) -> None:
        """Stops a process that runs, and waits until it has ended unless told not to."""
        try:
            self._call("stopProcess", name, wait)
        except Failed as error:
            if "NOT_RUNNING" not in error.message:
                raise

    def shut_down(self) -> None:
        """Tells the supervisor to stop everything and itself; it answers at once."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            raise Failed(f"the supervisor refused {method}: {fault.faultString}") from fault
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise Unreachable("the supervisor does not answer", "start the node: lampas up") from error


class _OverSocket(xmlrpc.client.Transport):
    """XML-RPC over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__()
        self._path, self._timeout = path, timeout

    def make_connection(self, host: object) -> http.client.HTTPConnection:  # noqa: ARG002 - the socket is the host
        return _Connection(self._path, self._timeout)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("supervisor", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
