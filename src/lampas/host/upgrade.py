"""Another LAMPAS over a running one. Applications go on; where the new one does not come up, the old one is put back.

The old copy of the package is still there, so putting back is its own `up`: it writes its configuration in its own
words. The tables stay as the new one made them: a migration only adds what the version before can live with.
"""

from __future__ import annotations

import time
from pathlib import Path

from lampas import process
from lampas.errors import Failed, LampasError, NotFound
from lampas.host import health, programs, settings
from lampas.host.layout import Layout
from lampas.host.settings import Settings
from lampas.host.supervisor import RUNNING

_STEADY = 3.0  # seconds that every process must stay up: one that fails at its start is up for a moment too
_UP_SECONDS = 300.0


def in_force(layout: Layout) -> Settings | None:
    """The settings of the LAMPAS that was set up here to its end; None: a new node."""
    try:
        found = settings.read(layout.settings)
    except NotFound:
        return None
    known = found.software and (layout.software / found.software).is_dir() and layout.set_up.exists()
    return found if known else None


def check(layout: Layout, found: Settings) -> None:
    """Passes a node whose own processes run and stay up, and whose console and database answer.

    Raises:
        Failed: They do not; what is wrong with applications is no matter here.
    """
    before = _running(layout)
    time.sleep(_STEADY)
    seen = health.status(layout, found)
    down = sorted(set(programs.NAMES) - {name for name, pid in _running(layout).items() if before.get(name) == pid})
    if down:
        raise Failed(f"{', '.join(down)} does not stay up; see {layout.logs}")
    for role in seen.roles:
        if not role.ok and role.name != "appserver":
            raise Failed(f"the role {role.name} is not well: {role.detail}")


def put_back(layout: Layout, before: Settings, error: LampasError) -> Failed:
    """Brings the LAMPAS of before up again; returns what is to be raised."""
    settings.write(layout.settings, before)
    words: list[str | Path] = [before.python, "-P", "-m", "lampas.cli", "up", "--no-sample", "--json"]
    env = programs.operator_environment(layout, before)
    said = f"the new LAMPAS does not come up: {error.message}"
    try:
        done = process.run(words, cwd=Path("/"), env=env, timeout=_UP_SECONDS)
    except Failed as second:
        return Failed(f"{said}\nand the one before could not be put back: {second.message}", "run: lampas doctor")
    if done.status != 0:
        words_of_it = done.stderr.decode(errors="replace").strip()[-500:]
        return Failed(f"{said}\nand the one before could not be put back: {words_of_it}", "run: lampas doctor")
    return Failed(said, "the one before was put back and runs; applications went on all the time")


def _running(layout: Layout) -> dict[str, int]:
    return {one.name: one.pid for one in health.processes(layout) if one.state == RUNNING}
