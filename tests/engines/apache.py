"""A front Apache and release units in a home of their own, started by hand: what serving renders, really served."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engines.waiting import until
from lampas.core.cluster.live import AppLive
from lampas.core.nodestate import Places
from lampas.core.serving import front, maps, units

SECRET = "front-secret-of-the-tests"
_ENV = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


def free_ports(count: int, first: int = 20000) -> int:
    """The first of so many ports in a row that nothing listens on, below those that the kernel hands out."""
    for start in range(first + os.getpid() % 100 * 64, 32000, 16):
        if all(_free(port) for port in range(start, start + count)):
            return start
    raise RuntimeError("no free ports")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def unprivileged() -> list[str]:
    """The start of a command that runs as a plain user where the tests run as root."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []


@dataclass
class Answer:
    """A response: status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Home:
    """A home with a front; `close` ends everything and removes it."""

    ports: int = 8
    preview_key: str = "preview-key-of-the-tests"
    path: Path = field(init=False)
    first_port: int = field(init=False)
    port: int = field(init=False)
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="lampas-", dir="/tmp"))  # short: sockets stand in it
        self.first_port = free_ports(self.ports + 1)
        self.port = self.first_port + self.ports
        for name in ("front/maps", "run/front", "logs"):
            (self.path / name).mkdir(parents=True)

    def start_front(self) -> None:
        """Starts the front and waits until it answers."""
        text = front.config(
            front.Front(
                str(self.path), "localhost", "127.0.0.1", self.port, self.preview_key, self.first_port, self.ports
            )
        )
        (self.path / "front/httpd.conf").write_text(text)
        self.swap([])
        self.apache(self.path / "front/httpd.conf")
        until(lambda: self.answers(self.port))

    def swap(self, apps: Sequence[AppLive]) -> None:
        """Writes the map files by rename."""
        for name, text in sorted(maps.render("localhost", SECRET, apps).items()):
            aside = self.path / "front/maps" / f".{name}"
            aside.write_text(text)
            aside.rename(self.path / "front/maps" / name)

    def unit(self, app: str, number: int, port: int, code: Mapping[str, str], **more: object) -> units.ReleaseUnit:
        """Makes a release of these files and starts its unit."""
        unit = units.ReleaseUnit(str(self.path), app, number, port, maps.key(SECRET, app), **more)  # type: ignore[arg-type]
        places = Places(str(self.path))
        release, directory = Path(places.release(app, number)), Path(places.unit(app, number, port))
        for made in (release / "env/bin", release / "code", directory, *map(Path, (places.logs(app), places.run(app)))):
            made.mkdir(parents=True, exist_ok=True)
        (release / "env/bin/python").symlink_to("/usr/bin/python3")
        (release / "env/pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n")
        for name, text in code.items():
            (release / "code" / name).parent.mkdir(parents=True, exist_ok=True)
            (release / "code" / name).write_text(text)
        (directory / "httpd.conf").write_text(units.config(unit))
        (directory / "app.wsgi").write_text(units.shim(unit))
        self.apache(directory / "httpd.conf", units.environment(str(self.path), app, number, {}))
        until(lambda: self.answers(port))
        return unit

    def apache(self, config: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Starts an Apache as a plain user."""
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "65534:65534", str(self.path)], check=True)
        command = [*unprivileged(), "/usr/sbin/apache2", "-f", str(config), "-DFOREGROUND"]
        process = subprocess.Popen(command, env={**_ENV, **(env or {})}, start_new_session=True)
        self._running.append(process)
        return process

    def answers(self, port: int) -> bool:
        """Whether something listens there."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def get(
        self, host: str, path: str = "/", headers: Mapping[str, str] | None = None, port: int = 0, method: str = "GET"
    ) -> Answer:
        """One request to the front, or to another port."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Host": host, **(headers or {})})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read().decode())

    def close(self) -> None:
        """Ends what was started and removes the home."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(timeout=20)
        shutil.rmtree(self.path)
