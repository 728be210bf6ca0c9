"""What runs on the node, as observed now: processes that are there, never what was wanted."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from lampas.agent import observe, ready
from lampas.agent.applying import Applier
from lampas.agent.configuration import AgentConfiguration
from lampas.core.nodestate.places import label


def status(configuration: AgentConfiguration, applier: Applier) -> dict[str, Any]:
    """The whole report.

    Returns:
        node, isolation, generation (the last applied), busy (what is being applied), time (Unix seconds), and units:
        [{name, app, number, port, state, pids, since, wanted}]; state is running, starting, stopped or failed.
    """
    applied = applier.applied()
    wanted = {(unit.app, unit.number, unit.slot): unit for unit in applied.units} if applied else {}
    there = _units_on_disk(configuration) | set(wanted)
    children = _children()
    rows = []
    for app, number, slot in sorted(there):
        unit = wanted.get((app, number, slot))
        parent = observe.running(configuration, app, number, slot)
        pids = [parent, *sorted(_below(parent, children))] if parent else []
        listening = bool(unit and parent and ready.ask(unit, 0.5)[0] == 204)
        rows.append(
            {
                "name": f"{app}-{label(number, slot)}",
                "app": app,
                "number": number,
                "port": unit.port if unit else slot,
                "state": _state(bool(parent), listening or unit is None, unit is not None),
                "pids": pids,
                "since": _since(parent),
                "wanted": unit is not None,
            }
        )
    return {
        "node": configuration.node,
        "isolation": configuration.isolation,
        "generation": applied.generation if applied else 0,
        "busy": dict(applier.busy),
        "time": int(time.time()),
        "units": rows,
    }


def _state(runs: bool, answers: bool, wanted: bool) -> str:
    if runs:
        return "running" if answers else "starting"
    return "failed" if wanted else "stopped"


def _units_on_disk(configuration: AgentConfiguration) -> set[tuple[str, int, int]]:
    apps = Path(configuration.home) / "agent/apps"
    names = [path.name for path in apps.iterdir() if path.is_dir()] if apps.is_dir() else []
    return {(app, number, slot) for app in names for number, slot in observe.units_on_disk(configuration, app)}


def _children() -> dict[int, list[int]]:
    """Parent → children, of all processes."""
    found: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - names alone
        if name.isdigit():
            try:
                words = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            found.setdefault(int(words[1]), []).append(int(name))
    return found


def _below(pid: int, children: dict[int, list[int]]) -> set[int]:
    found: set[int] = set()
    left = [pid]
    while left:
        for child in children.get(left.pop(), []):
            found.add(child)
            left.append(child)
    return found


def _since(pid: int) -> int:
    """Unix seconds since when a process has run; 0 for none."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19]) if pid else 0
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        return 0
    return int(time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")) if pid else 0
