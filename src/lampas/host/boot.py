"""Starting at boot, where systemd runs; elsewhere the next `up` starts the node."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lampas import process
from lampas.host.layout import Layout
from lampas.host.settings import Settings

DEFAULT_HOME = Path("/var/lib/lampas")
_UNITS = Path("/etc/systemd/system")

_UNIT = """\
# Written by lampas up.
[Unit]
Description=LAMPAS node in {home}
After=network.target local-fs.target
RequiresMountsFor={home}

[Service]
Type=exec
ExecStart={python} -P -m supervisor.supervisord -n -c {conf}
Restart=always
RestartSec=1
KillMode=mixed
TimeoutStopSec=120
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
"""


def has_systemd() -> bool:
    """Whether systemd is this machine's init."""
    return Path("/run/systemd/system").is_dir()


def home_hash(home: Path) -> str:
    """What tells files outside a home apart that belong to it."""
    return hashlib.sha256(str(home).encode()).hexdigest()[:8]


def unit_name(home: Path) -> str:
    """The name of a home's systemd unit."""
    return "lampas.service" if home == DEFAULT_HOME else f"lampas-{home_hash(home)}.service"


def unit(layout: Layout, settings: Settings) -> str:
    """The text of the unit: it keeps the supervisor, which keeps the rest."""
    return _UNIT.format(home=layout.home, python=settings.python, conf=layout.supervisor_conf)


def enable(layout: Layout, settings: Settings) -> bool:
    """Writes and enables the unit, where systemd runs and this is root.

    Returns:
        Whether the node now starts at boot.
    """
    if not has_systemd() or settings.owner != "root":
        return False
    name = unit_name(layout.home)
    text = unit(layout, settings)
    if not (_UNITS / name).exists() or (_UNITS / name).read_text() != text:
        (_UNITS / name).write_text(text)
        process.check(["systemctl", "daemon-reload"])
    process.check(["systemctl", "enable", "--quiet", name])
    return True


def start(layout: Layout) -> None:
    """Has systemd start the supervisor."""
    process.check(["systemctl", "start", unit_name(layout.home)])


def stop(layout: Layout) -> None:
    """Has systemd stop the supervisor, and with it everything."""
    process.check(["systemctl", "stop", unit_name(layout.home)], timeout=150)


def remove(home: Path) -> None:
    """Removes the unit of a home, if there is one."""
    name = unit_name(home)
    if (_UNITS / name).exists():
        process.run(["systemctl", "disable", "--quiet", name])
        (_UNITS / name).unlink()
        process.run(["systemctl", "daemon-reload"])


def enabled(layout: Layout) -> bool:
    """Whether the unit is there and enabled."""
    return process.run(["systemctl", "is-enabled", "--quiet", unit_name(layout.home)]).status == 0
