"""What runs: every process as the supervisor sees it, and every role as it answers."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from lampas.errors import Unreachable
from lampas.host import database, reach
from lampas.host.layout import Layout
from lampas.host.programs import AGENT, CONSOLE, DATABASE, FRONT, NAMES, ROLES, WORKER
from lampas.host.settings import Settings
from lampas.host.supervisor import RUNNING, STOPPED, Observed, Supervisor


@dataclass(frozen=True)
class RoleHealth:
    """A role of this node: whether it does its work, and if not, what is wrong."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Status:
    """What runs. `ok`: all of it, and every role answers."""

    processes: tuple[Observed, ...]
    roles: tuple[RoleHealth, ...]
    isolation: str

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return all(one.state == RUNNING for one in self.processes) and all(role.ok for role in self.roles)


def status(layout: Layout, settings: Settings) -> Status:
    """Looks. Where no supervisor runs, everything is stopped."""
    seen = processes(layout)
    roles = tuple(_role(layout, settings, name, seen) for name in ROLES)
    return Status(seen, roles, settings.isolation)


def processes(layout: Layout) -> tuple[Observed, ...]:
    """Every process as the supervisor sees it; where none runs, LAMPAS's own as stopped."""
    try:
        return tuple(Supervisor(layout.supervisor_socket, 10.0).processes())
    except Unreachable:
        return tuple(Observed(name, STOPPED, 0, 0, "the supervisor does not run") for name in sorted(NAMES))


def wait(layout: Layout, settings: Settings, seconds: float) -> Status:
    """Waits until all is well, at most that long; returns what was seen last."""
    deadline = time.monotonic() + seconds
    while not (seen := status(layout, settings)).ok and time.monotonic() < deadline:
        time.sleep(0.1)
    return seen


def moment(since: int) -> str | None:
    """Unix seconds as ISO 8601; None for 0."""
    return datetime.fromtimestamp(since, UTC).isoformat().replace("+00:00", "Z") if since else None


def _role(layout: Layout, settings: Settings, name: str, processes: tuple[Observed, ...]) -> RoleHealth:
    problems = []
    for process in processes:
        unit = name == "appserver" and process.name not in NAMES
        if (process.name in ROLES[name] or unit) and process.state != RUNNING:
            problems.append(f"{process.name} is {process.state}{_last_words(layout, process.name)}")
    for process_name in ROLES[name]:
        said = _answers(layout, settings, process_name)
        if said and not problems:
            problems.append(f"{process_name} {said}")
    return RoleHealth(name, not problems, "; ".join(problems))


def _last_words(layout: Layout, name: str) -> str:
    """The last line that a process wrote to its log, for people."""
    try:
        with (layout.logs / f"{name}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4000))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f": {lines[-1].strip()[:300]}" if lines else ""


def _answers(layout: Layout, settings: Settings, name: str) -> str:
    """ "" where the process answers (or answers nobody by nature), else what it does instead."""
    if name == DATABASE:
        return "" if database.answers(layout.database_socket) else "does not answer"
    if name == CONSOLE:
        tried = reach.attempt(reach.Address(f"{settings.console_url}/", settings.bind), 5.0)
        return "" if tried.ok else tried.detail
    if name == FRONT:
        address = reach.Address(f"http://{settings.domain}:{settings.port}/.lampas/health", settings.bind)
        tried = reach.attempt(address, 5.0)
        return "" if tried.ok else tried.detail
    if name == AGENT:
        return _accepts(settings.agent_port)
    assert name == WORKER  # noqa: S101 - it listens to its doorbell alone
    return ""


def _accepts(port: int) -> str:
    try:
        socket.create_connection(("127.0.0.1", port), 2.0).close()
    except OSError as error:
        return f"does not answer: {error}"
    return ""
