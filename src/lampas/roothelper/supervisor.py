"""Release units at the supervisor: their configuration from one fixed template, and its XML-RPC over a Unix socket.

The few words of XML-RPC that this takes are written here: Python's own client takes 45 ms to import, a good part of
what a deploy may cost.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path

from lampas.core.nodestate import Places
from lampas.core.nodestate.places import environment_file, volatile
from lampas.roothelper.typed import Refused, Unit

_STOP_SECONDS = 45.0
_PAUSE = 0.02  # seconds between two looks
_TEMPLATE = """\
; Written by LAMPAS's root helper.
[program:{name}]
command = /usr/bin/python3 -I -S {software}/leftovers.py {home} {name} --env {env} --grace 3 -- /usr/sbin/apache2 -f {unit}/httpd.conf -DFOREGROUND
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
        self._socket = f"{home}/supervisor/supervisor.sock"

    def start(self, unit: Unit) -> None:
        """Starts a unit without waiting for it; one that runs is left alone."""
        name, text = unit.name, self.configuration(unit)
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

    def quit(self, unit: Unit) -> None:
        """Tells a unit to stop gracefully and does not wait."""
        if self._state(unit.name) in ("STARTING", "RUNNING", "BACKOFF"):
            self._call("stopProcess", unit.name, False)

    def stop(self, unit: Unit, port: int, *, forget: bool = True) -> None:
        """Stops a unit gracefully, waits for its end, and makes the supervisor forget it.

        Apache closes what is idle at once, answers what it was asked, and then waits out its own timers for seconds.
        So as soon as no connection to `port` is established any more, it is told to end.
        """
        name = unit.name
        self.quit(unit)
        self._wait_until_stopped(name, port)
        if not forget:
            return
        if self._state(name) is not None:
            self._call("removeProcessGroup", name)
        (self._units / f"{name}.conf").unlink(missing_ok=True)
        Path(self._log(name)).unlink(missing_ok=True)

    def restart(self, unit: Unit, port: int) -> None:
        """Stops a unit gracefully and starts it again, with what its files say now."""
        self.stop(unit, port, forget=False)
        self.start(unit)

    def said(self, unit: Unit, size: int = 4000) -> str:
        """The end of what a unit's Apache wrote before it had a log of its own."""
        try:
            with Path(self._log(unit.name)).open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - size))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def configuration(self, unit: Unit) -> str:
        """What the supervisor is told of a unit."""
        directory = Places(self._home).unit(unit.app, unit.number, unit.slot)
        return _TEMPLATE.format(
            name=unit.name,
            home=self._home,
            software=f"{self._home}/software/current/lampas/roothelper",
            unit=directory,
            env=self._environment(unit) if unit.slot else f"{directory}/env",
            user=f"user = lampas-{unit.app}\n" if self._as_root else "",
            log=self._log(unit.name),
        )

    def _environment(self, unit: Unit) -> str:
        directory = volatile(self._home, users=self._as_root, shm=Path("/dev/shm").is_dir())  # noqa: S108
        return environment_file(directory, unit.app, unit.number, unit.slot)

    def _log(self, name: str) -> str:
        """Root opens this file, so it stands where no application can put a link in its place."""
        return f"{self._home}/supervisor/units/{name}.log"

    def _state(self, name: str) -> str | None:
        info = self._info(name)
        return info[0] if info else None

    def _info(self, name: str) -> tuple[str, int] | None:
        """State and pid; None where the supervisor does not know it."""
        try:
            answer = self._call("getProcessInfo", name)
        except Refused as error:
            if "BAD_NAME" in str(error):
                return None
            raise
        state = re.search(r"<name>statename</name>\s*<value><string>([A-Z]+)</string>", answer)
        pid = re.search(r"<name>pid</name>\s*<value><int>([0-9]+)</int>", answer)
        return (state[1], int(pid[1]) if pid else 0) if state else None

    def _wait_until_stopped(self, name: str, port: int = 0) -> None:
        ended = False
        for _ in range(int(_STOP_SECONDS / _PAUSE)):
            info = self._info(name)
            if info is None or info[0] not in ("STOPPING", "STARTING", "RUNNING"):
                return
            if port and not ended and info[0] == "STOPPING" and info[1] and not established(port):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(info[1], signal.SIGTERM)
                ended = True
            time.sleep(_PAUSE)
        raise Refused(f"{name} did not stop within {_STOP_SECONDS:g} s")

    def _call(self, method: str, *arguments: str | bool) -> str:
        """Calls a method; returns the answer as it came.

        Raises:
            Refused: It is a fault, or nobody answers.
        """
        answer = _exchange(self._socket, _request(f"supervisor.{method}", arguments))
        fault = re.search(r"<name>faultString</name>\s*<value><string>([^<]*)</string>", answer)
        if fault:
            raise Refused(f"the supervisor refused {method}: {fault[1]}")
        return answer


def established(port: int) -> bool:
    """Whether a loopback port still listens or has an established connection: the kernel's own table says so."""
    wanted, states = f":{port:04X}", ("01", "0A")
    with Path("/proc/net/tcp").open() as table:
        return any(row[1].endswith(wanted) and row[3] in states for row in map(str.split, table) if len(row) > 3)


def _request(method: str, arguments: Sequence[str | bool]) -> bytes:
    """A method call; names are typed before they come here, so nothing in them needs escaping."""
    values = "".join(
        f"<param><value><boolean>{int(each)}</boolean></value></param>"
        if isinstance(each, bool)
        else f"<param><value><string>{each}</string></value></param>"
        for each in arguments
    )
    body = f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params>{values}</params></methodCall>"
    head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def _exchange(path: str, request: bytes) -> str:
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(path)
            client.sendall(request)
            while data := client.recv(65536):
                answer += data
    except OSError as error:
        raise Refused("the supervisor does not answer") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise Refused("the supervisor does not answer as one")
    return body.decode(errors="replace")
