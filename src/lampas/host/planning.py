"""What a node is to be: the settings that `up` goes by, found and refused before anything is changed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from lampas.host import boot, install, ports, preflight, settings, users
from lampas.host.layout import Layout
from lampas.host.settings import Settings

PORT = 8080


@dataclass(frozen=True)
class Wish:
    """What `up` was told; None: as it is, or the default of a new node."""

    home: Path
    port: int | None = None
    console_port: int | None = None
    domain: str | None = None
    bind: str | None = None
    log_size: int | None = None
    log_files: int | None = None
    log_days: int | None = None
    cpan_mirror: str | None = None
    sample: bool = True


def planned(layout: Layout, wish: Wish, begin: Settings | None = None) -> Settings:
    """The settings that the node is to have. Reads only.

    Args:
        layout: The home.
        wish: What was asked for.
        begin: What a new node begins with; None: the defaults.

    Raises:
        LampasError: They cannot be had.
    """
    preflight.home(layout)
    preflight.installed()
    existing = settings.read(layout.settings) if layout.settings.exists() else None
    isolation = preflight.isolation(existing, users.current())
    wanted = settings.checked(_wanted(existing or begin or new(wish.home, isolation), wish))
    if wanted.owner == "root":
        preflight.reachable(Path(wanted.python), "the Python environment")
    preflight.listen(layout, wanted)
    return _own_ports(layout, wanted)


def new(home: Path, isolation: str) -> Settings:
    """The settings of a new node; ports that are 0 are chosen later."""
    return Settings(
        node=install.node_name(),
        domain="localhost",
        port=PORT,
        console_port=0,
        agent_port=0,
        database_port=0,
        bind="127.0.0.1",
        isolation=isolation,
        owner=users.current(),
        first_slot=ports.SLOTS_BEGIN if home == boot.DEFAULT_HOME else ports.free_slots(),
    )


def _wanted(found: Settings, wish: Wish) -> Settings:
    """The settings with what was wished for now; what may stand in the environment is kept if it does not."""
    port = wish.port or found.port
    return replace(
        found,
        port=port,
        console_port=wish.console_port or found.console_port or port + 1,
        domain=wish.domain or found.domain,
        bind=wish.bind or found.bind,
        log_size=wish.log_size or found.log_size,
        log_files=wish.log_files or found.log_files,
        log_days=wish.log_days or found.log_days,
        cpan_mirror=found.cpan_mirror if wish.cpan_mirror is None else wish.cpan_mirror,
        python=sys.executable,
        environment=install.passed_on(os.environ) or found.environment,
        index_url=install.index_url(os.environ) or found.index_url,
    )


def _own_ports(layout: Layout, wanted: Settings) -> Settings:
    """The settings with loopback ports for agent and database that nobody else has."""
    taken = [wanted.port, wanted.console_port]
    chosen = {}
    for name in ("agent_port", "database_port"):
        port = getattr(wanted, name)
        if not port or not preflight.available(layout, "127.0.0.1", port):
            port = ports.free(taken)
        taken.append(port)
        chosen[name] = port
    return replace(wanted, **chosen)
