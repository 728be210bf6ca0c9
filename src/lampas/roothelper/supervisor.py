"""Release units at the supervisor: their configuration from one fixed template, and its XML-RPC over a Unix socket."""

from __future__ import annotations

import http.client
import os
import socket
import time
import xmlrpc.client
from pathlib import Path
from typing import Any

from lampas.core.nodestate import Places
from lampas.roothelper.typed import Refused

_STOP_SECONDS = 45.0
_TEMPLATE = """\
; Written by LAMPAS's root helper.
[program:{name}]
command = /usr/bin/python3 -I -S {software}/leftovers.py {home} {name} --env {unit}/env --grace 3 -- /usr/sbin/apache2 -f {unit}/httpd.conf -DFOREGROUND
{user}directory = /
umask = 027
autostart = true
autorestart = true
startsecs = 1
startretries = 100
stopsignal = WINCH
stopwaitsecs = 40
killasgroup = true
redirect_stderr = true
stdout_logfile = {log}
stdout_logfile_maxbytes = 1MB
stdout_logfile_backups = 1
"""  # noqa: E501 - a command is one line


class Supervisor:
    """The supervisor of one home.

    Args:
        home: LAMPAS's home.
        as_root: Whether units run as users of their own.
    """

    def __init__(self, home: str, *, as_root: bool) -> None:
        self._home, self._as_root = home, as_root
        self._units = Path(home) / "supervisor/units"
        transport = _OverSocket(f"{home}/supervisor/supervisor.sock")
        self._rpc: Any = xmlrpc.client.ServerProxy("http://supervisor", transport=transport).supervisor

    def start(self, app: str, number: int) -> None:
        """Starts a unit without waiting for it; one that runs is left alone."""
        name, text = f"{app}-v{number}", self.configuration(app, number)
        file = self._units / f"{name}.conf"
        if not file.exists() or file.read_text() != text:
            aside = file.with_suffix(".new")
            aside.write_text(text)
            aside.chmod(0o600)
            aside.replace(file)
        state = self._state(name)
        if state is None:
            self._call("reloadConfig")
            self._call("addProcessGroup", name)
            state = self._state(name)
        if state not in ("STARTING", "RUNNING", "BACKOFF"):
            self._wait_until_stopped(name)
            self._call("startProcess", name, False)

    def stop(self, app: str, number: int, *, forget: bool = True) -> None:
        """Stops a unit gracefully, waits for its end, and makes the supervisor forget it."""
        name = f"{app}-v{number}"
        if self._state(name) in ("STARTING", "RUNNING", "BACKOFF"):
            self._call("stopProcess", name, False)
        self._wait_until_stopped(name)
        if not forget:
            return
        if self._state(name) is not None:
            self._call("removeProcessGroup", name)
        (self._units / f"{name}.conf").unlink(missing_ok=True)
        Path(self._log(name)).unlink(missing_ok=True)

    def restart(self, app: str, number: int) -> None:
        """Stops a unit gracefully and starts it again, with what its files say now."""
        self.stop(app, number, forget=False)
        self.start(app, number)

    def said(self, app: str, number: int, size: int = 4000) -> str:
        """The end of what a unit's Apache wrote before it had a log of its own."""
        try:
            with Path(self._log(f"{app}-v{number}")).open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - size))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def configuration(self, app: str, number: int) -> str:
        """What the supervisor is told of a unit."""
        name = f"{app}-v{number}"
        return _TEMPLATE.format(
            name=name,
            home=self._home,
            software=f"{self._home}/software/current/lampas/roothelper",
            unit=Places(self._home).unit(app, number),
            user=f"user = lampas-{app}\n" if self._as_root else "",
            log=self._log(name),
        )

    def _log(self, name: str) -> str:
        """Root opens this file, so it stands where no application can put a link in its place."""
        return f"{self._home}/supervisor/units/{name}.log"

    def _state(self, name: str) -> str | None:
        try:
            return str(self._rpc.getProcessInfo(name)["statename"])
        except xmlrpc.client.Fault:
            return None
        except OSError as error:
            raise Refused("the supervisor does not answer") from error

    def _wait_until_stopped(self, name: str) -> None:
        for _ in range(int(_STOP_SECONDS / 0.02)):
            if self._state(name) not in ("STOPPING", "STARTING", "RUNNING"):
                return
            time.sleep(0.02)
        raise Refused(f"{name} did not stop within {_STOP_SECONDS:g} s")

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return getattr(self._rpc, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            raise Refused(f"the supervisor refused {method}: {fault.faultString}") from fault
        except OSError as error:
            raise Refused("the supervisor does not answer") from error


class _OverSocket(xmlrpc.client.Transport):
    """XML-RPC over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:  # noqa: ARG002 - the socket is the host
        connection = http.client.HTTPConnection("supervisor", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(60)
        connection.sock.connect(self._path)
        return connection
