"""The front Apache on this machine: its configuration, its first maps, and taking up a changed configuration."""

from __future__ import annotations

from lampas import process
from lampas.core.serving import front, maps
from lampas.errors import Failed
from lampas.host.layout import Layout
from lampas.host.programs import FRONT, mark
from lampas.host.settings import Settings
from lampas.host.supervisor import RUNNING, Supervisor
from lampas.host.users import as_user, own
from lampas.pki import write_public

_APACHE = "/usr/sbin/apache2"


def text(layout: Layout, settings: Settings) -> str:
    """The front's httpd.conf."""
    return front.config(
        front.Front(
            home=str(layout.home),
            domain=settings.domain,
            bind=settings.bind,
            port=settings.port,
            first_port=settings.first_slot,
        )
    )


def install(layout: Layout, settings: Settings, secret: str, front_user: str, agent_user: str) -> None:
    """Writes the configuration when it differs and Apache accepts it, and maps for a node without applications.

    Raises:
        Failed: Apache refuses the configuration; what was in force stays.
    """
    for name, content in maps.render(settings.domain, secret, []).items():
        if not (layout.maps / name).exists():
            write_public(layout.maps / name, content.encode())
            own(layout.maps / name, agent_user, 0o640, front_user if settings.owner == "root" else None)
    wanted = text(layout, settings)
    if layout.front_conf.exists() and layout.front_conf.read_text() == wanted:
        return
    aside = layout.front / "httpd.conf.new"
    write_public(aside, wanted.encode())
    done = process.run(as_user(front_user, [_APACHE, "-t", "-f", aside]))
    if done.status != 0:
        raise Failed(f"Apache refuses the front's configuration: {done.stderr.decode(errors='replace').strip()[-500:]}")
    aside.replace(layout.front_conf)


def take_up(layout: Layout, client: Supervisor) -> None:
    """Has a running front take up a configuration that it has not read yet, without losing a request.

    Which one it reads stands in a file; a front that starts reads the one in force anyway.
    """
    read, now = layout.supervisor / "front-read", mark([layout.front_conf])
    if read.exists() and read.read_text() == now:
        return
    running = any(one.name == FRONT and one.state == RUNNING for one in client.processes())
    if read.exists() and running:
        client.signal(FRONT, "USR1")
    read.write_text(now)
