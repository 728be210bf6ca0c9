"""Starting, telling and stopping the supervisor that keeps a node's processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lampas import process
from lampas.errors import Failed, Unreachable
from lampas.host import boot, front, orphans
from lampas.host.layout import Layout
from lampas.host.programs import FRONT, NAMES, WORKER
from lampas.host.settings import Settings
from lampas.host.supervisor import RUNNING, STARTING, Program, Supervisor, config
from lampas.pki import write_private

GRACE = 30.0  # seconds that what a killed supervisor left may take to end; MariaDB needs the most


def configure(layout: Layout, settings: Settings, programs: Sequence[Program]) -> None:
    """Writes the supervisor's configuration."""
    text = config(layout, programs, as_root=settings.owner == "root")
    if not layout.supervisor_conf.exists() or layout.supervisor_conf.read_text() != text:
        write_private(layout.supervisor_conf, text.encode())


def answers(layout: Layout) -> bool:
    """Whether a supervisor runs."""
    return Supervisor(layout.supervisor_socket).pid() is not None


def start(layout: Layout, settings: Settings) -> bool:
    """Starts the supervisor unless one answers; what a killed one left is ended first.

    Returns:
        Whether it was started now.

    Raises:
        Failed: It did not start.
    """
    client = Supervisor(layout.supervisor_socket)
    if client.pid() is not None:
        return False
    orphans.end(layout.home, GRACE)
    if boot.has_systemd() and settings.owner == "root":
        boot.start(layout)
    else:
        words: list[str | Path] = [settings.python, "-P", "-m", "supervisor.supervisord", "-c", layout.supervisor_conf]
        process.check(words, cwd=Path("/"), env=environment())
    _wait_until(lambda: client.pid() is not None, 20.0, f"the supervisor did not start: see {layout.logs}")
    return True


def environment() -> dict[str, str]:
    """The supervisor's own environment, which its children inherit: nothing of the shell that ran `up`."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def ensure(layout: Layout, name: str) -> None:
    """Starts one process unless it runs or is being started."""
    client = Supervisor(layout.supervisor_socket)
    if any(one.name == name and one.state not in (RUNNING, STARTING) for one in client.processes()):
        client.start(name)


def everything(layout: Layout) -> list[str]:
    """Has the supervisor take up its configuration, and start what does not run, release units included.

    Returns:
        What was started.
    """
    client = Supervisor(layout.supervisor_socket)
    started = client.apply(NAMES, (WORKER,))
    front.take_up(layout, client)
    for one in client.processes():
        if one.state not in (RUNNING, STARTING):
            client.start(one.name)
            started.append(one.name)
    return started


def stop(layout: Layout, settings: Settings) -> None:
    """Stops everything, bounded in time; ends what is left, also where no supervisor runs any more.

    Raises:
        Failed: The supervisor could not be ended.
    """
    client = Supervisor(layout.supervisor_socket)
    pid = client.pid()
    if pid is not None:
        if boot.has_systemd() and settings.owner == "root":
            boot.stop(layout)
        else:
            _quiesce(client)
            client.shut_down()
        if not orphans.wait_for(pid, 120.0):
            raise Failed(f"the supervisor (pid {pid}) does not end", f"look at {layout.logs}/supervisor.log")
    orphans.end(layout.home, GRACE)


def _quiesce(client: Supervisor) -> None:
    """Stops the front, then tells all units at once: each takes seconds to end, and the supervisor's own way is one
    after the other."""
    names = [one.name for one in client.processes() if one.state in (RUNNING, STARTING)]
    if FRONT in names:
        client.stop(FRONT)
    for name in names:
        if name not in NAMES:
            client.stop(name, wait=False)


def _wait_until(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Unreachable(otherwise, "run: lampas doctor")
        time.sleep(0.05)
