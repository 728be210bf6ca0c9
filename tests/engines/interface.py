"""A node's serving half in a home of its own: supervisor, front and Management Interface, without a console.

As root it is the real thing, with Unix users and sudo; as a plain user everything runs as that user.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lampas
from engines.apache import SECRET, free_ports, unprivileged
from engines.waiting import until
from lampas import pki, vault
from lampas.core.cluster.live import AppLive
from lampas.core.desired.node import NodePlace, RunningRelease, render
from lampas.core.nodestate import Manifest, ManifestFile, ManifestWheel, NodeState, ReleaseOnNode, Task
from lampas.core.nodestate.places import volatile
from lampas.core.serving import front
from lampas.dispatch.interface import Keys, ManagementInterface
from lampas.errors import Unreachable
from lampas.roothelper.rules import sudoers

ROOT = os.geteuid() == 0
_SUPERVISOR = """\
[unix_http_server]
file = {home}/supervisor/supervisor.sock
chmod = 0700
[supervisord]
logfile = {home}/logs/supervisor.log
pidfile = {home}/supervisor/supervisord.pid
nodaemon = true
umask = 022
{root}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[include]
files = {home}/supervisor/units/*.conf
[program:front]
command = /usr/bin/python3 -I -S {helper}/leftovers.py {home} front -- /usr/sbin/apache2 -f {home}/front/httpd.conf -DFOREGROUND
{front}
[program:agent]
command = /usr/bin/python3 -I -S {helper}/leftovers.py {home} agent -- {python} -m lampas.agent
environment = PYTHONPATH="{home}/software/current",LAMPAS_AGENT="{home}/secrets/agent/agent.json"
redirect_stderr = true
stdout_logfile = {home}/logs/agent.log
{agent}
"""  # noqa: E501 - a command is one line


@dataclass
class Code:
    """A release's content as a test gives it: files under code/, wheels by name, and what shapes the unit."""

    files: Mapping[str, str]
    entry: str = "app"
    wheels: Mapping[str, bytes] = field(default_factory=dict)
    persist: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    processes: int = 1
    root: str = ""
    static: Mapping[str, str] = field(default_factory=dict)


class Interface:
    """The node. `close` ends everything that it started and removes what it made."""

    def __init__(
        self, ports: int = 12, *, plain: bool = False, size: str = "", settings: Mapping[str, Any] | None = None
    ) -> None:
        self.users = ROOT and not plain
        self.home = Path(tempfile.mkdtemp(prefix="lp-", dir="/tmp"))
        self._mounted = bool(size)
        if size:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.home)], check=True)
        self.home.chmod(0o755)
        self.first_port = free_ports(ports + 2)
        self.ports, self.front_port, self.agent_port = ports, self.first_port + ports, self.first_port + ports + 1
        self.generation = 0
        self._settings = dict(settings or {})
        self.isolation = "users" if self.users else "none"
        self.blobs: dict[str, bytes] = {}
        self._apps: set[str] = set()
        self._running: subprocess.Popen[bytes] | None = None
        self._sudoers = Path(f"/etc/sudoers.d/lampas-test-{self.home.name}")
        self._lay_out()
        self.console = self._console()

    # What a test does with it.

    def start(self) -> None:
        """Starts the supervisor and waits until front and agent answer."""
        program = Path(sys.executable).parent / "supervisord"
        log = (self.home / "supervisor/out.log").open("ab")
        env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
        command = [
            *([] if self.users else unprivileged()),
            str(program),
            "-c",
            str(self.home / "supervisor/supervisord.conf"),
        ]
        self._running = subprocess.Popen(command, stdout=log, stderr=log, env=env, start_new_session=True)
        log.close()
        until(lambda: self.listens(self.front_port) and self.listens(self.agent_port))

    def stop(self) -> None:
        """Ends the supervisor and all below it."""
        if self._running:
            self._running.send_signal(signal.SIGTERM)
            self._running.wait(timeout=90)
            self._running = None

    def cut(self) -> None:
        """Kills everything of this home at once, as a power cut would."""
        mark = f":{self.home}:".encode()
        if self._running:
            self._running.kill()
            self._running.wait()
            self._running = None
        for _ in range(3):
            for process in Path("/proc").iterdir():
                with contextlib.suppress(OSError, ValueError):
                    environ = (process / "environ").read_bytes()
                    if f"LAMPAS_PROCESS={self.home}:".encode() in environ or mark in environ:
                        os.kill(int(process.name), signal.SIGKILL)
        # A port that a dying process still holds would make its successor give up.
        until(lambda: not self.listens(self.front_port) and not self.listens(self.agent_port))

    def app(self, name: str) -> str:
        """A name for an application that no other test has, so that its Unix user is this test's own."""
        unique = f"{name}-{self.home.name.removeprefix('lp-').lower().replace('_', 'x')}"
        self._apps.add(unique)
        return unique

    def release(self, app: str, number: int, code: Code) -> tuple[ReleaseOnNode, RunningRelease]:
        """Makes the content of a release known (`ship` sends it)."""
        files = tuple(
            ManifestFile(path, self._blob(text.encode()), len(text.encode()), 0o444)
            for path, text in sorted(code.files.items())
        )
        wheels = tuple(
            ManifestWheel(name, "1", f"{name}-1-py3-none-any.whl", self._blob(data), len(data))
            for name, data in sorted(code.wheels.items())
        )
        manifest = Manifest(app, "id", "python", code.entry, code.root, files, wheels, code.persist, code.static)
        name = self._blob(manifest.encode())
        running = RunningRelease(
            app, number, "id", name, code.entry, code.root, code.processes, 5, dict(code.static), code.persist,
            env=dict(code.env), seconds=20.0,
        )  # fmt: skip
        return ReleaseOnNode(app, number, "id", name), running

    def ship(self) -> None:
        """Sends what the node lacks."""
        missing = self.console.missing(self.blobs)
        if missing:
            self.console.send([(name, self.blobs[name]) for name in missing])

    def state(self, apps: Sequence[AppLive], releases: Sequence[RunningRelease], drain: float = 0.0) -> NodeState:
        """The next desired state."""
        self.generation += 1
        return render(
            NodePlace("here", str(self.home), "localhost", SECRET),
            apps,
            releases,
            generation=self.generation,
            expires=int(time.time()) + 300,
            drain=drain,
        )

    def apply(self, state: NodeState) -> list[Mapping[str, Any]]:
        """Ships, applies and returns all events."""
        self.ship()
        return list(self.console.apply(state))

    def task(
        self, kind: str, release: ReleaseOnNode, *, env: Mapping[str, str] | None = None, seconds: float = 30
    ) -> Task:
        """A new task."""
        nonce = os.urandom(16).hex()
        return Task("here", int(time.time()) + 60, nonce, kind, release, dict(env or {}), seconds)

    def get(
        self, host: str, path: str = "/", headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """One request to the front."""
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self.front_port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": host, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()

    def pids(self) -> list[int]:
        """The processes of all units; none while the agent does not answer."""
        try:
            return [pid for unit in self.console.status()["units"] for pid in unit["pids"]]
        except Unreachable:
            return []

    def listens(self, port: int) -> bool:
        """Whether something listens there."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def as_agent(self, script: str, *argv: str) -> subprocess.CompletedProcess[str]:
        """Runs a Python script as the agent's user, with the agent's environment."""
        env = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "PYTHONPATH": str(self.home / "software/current"),
            "LAMPAS_AGENT": str(self.home / "secrets/agent/agent.json"),
        }
        drop = ["setpriv", "--reuid=lampas", "--regid=lampas", "--init-groups", "--"] if self.users else unprivileged()
        command = [*drop, sys.executable, "-c", script, *argv]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, cwd="/")

    def close(self) -> None:
        """Ends and removes everything."""
        self.console.close()
        try:
            self.stop()
        finally:
            self.cut()
            self._sudoers.unlink(missing_ok=True)
            for app in self._apps if self.users else ():
                subprocess.run(["userdel", f"lampas-{app}"], capture_output=True)
            if self._mounted:
                subprocess.run(["umount", "--lazy", str(self.home)], check=True)
            shutil.rmtree(volatile(str(self.home), users=self.users, shm=True), ignore_errors=True)
            shutil.rmtree(self.home, ignore_errors=True)

    # How it is made.

    def _lay_out(self) -> None:
        for user in ("lampas", "lampas-front") if self.users else ():
            words = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", user]
            with contextlib.suppress(KeyError):
                pwd.getpwnam(user)
                continue
            subprocess.run(words, check=True)
        home = self.home
        for name in ("agent/apps", "agent/store", "agent/journal", "agent/state", "data", "logs/apps", "run/apps",
                     "run/front", "front/maps", "front/static", "secrets/agent", "supervisor/units",
                     "software"):  # fmt: skip
            (home / name).mkdir(parents=True)
        package = Path(lampas.__file__).parent
        shutil.copytree(package, home / "software/test/lampas", ignore=shutil.ignore_patterns("__pycache__"))
        (home / "software/current").symlink_to("test")
        (home / "front/httpd.conf").write_text(self._front())
        self._pki()
        for name in ("routes.txt", "keys.txt", "digits.txt"):
            (home / "front/maps" / name).write_text("")
        text = _SUPERVISOR.format(
            home=home,
            helper=home / "software/current/lampas/roothelper",
            python=sys.executable,
            root="user = root" if self.users else "",
            front="user = lampas-front" if self.users else "",
            agent="user = lampas" if self.users else "",
        )
        (home / "supervisor/supervisord.conf").write_text(text)
        if ROOT and not self.users:
            subprocess.run(["chown", "-R", "65534:65534", str(home)], check=True)
        if self.users:
            self._own()
            self._sudoers.write_text(sudoers(str(home)))
            self._sudoers.chmod(0o440)

    def _own(self) -> None:
        for path in ("agent", "secrets/agent"):
            subprocess.run(["chown", "-R", "lampas:lampas", str(self.home / path)], check=True)
        subprocess.run(["chown", "-R", "lampas-front:lampas-front", str(self.home / "run/front")], check=True)
        for name in ("maps", "static"):
            subprocess.run(["chown", "-R", "lampas:lampas-front", str(self.home / "front" / name)], check=True)
            (self.home / "front" / name).chmod(0o2750)
        (self.home / "secrets").chmod(0o711)
        (self.home / "supervisor").chmod(0o700)
        for name in ("front.log", "front-access.log"):
            (self.home / "logs" / name).touch()
            shutil.chown(self.home / "logs" / name, "lampas-front", "lampas-front")

    def _front(self) -> str:
        settings = front.Front(
            str(self.home), "localhost", "127.0.0.1", self.front_port, "", self.first_port, self.ports
        )
        return front.config(settings)

    def _pki(self) -> None:
        nodes, consoles, signing = pki.make_authority("nodes"), pki.make_authority("console"), pki.make_signing_key()
        server = pki.issue(nodes, "here", server=True, hosts=["127.0.0.1"])
        client = pki.issue(consoles, "console", server=False)
        secrets = self.home / "secrets/agent"
        for name, data in {
            "agent.crt": server.certificate, "agent.key": server.key, "console-ca.crt": consoles.certificate,
            "console.pub": signing.public,
        }.items():  # fmt: skip
            pki.write_private(secrets / name, data)
        for name, data in {
            "client.crt": client.certificate, "client.key": client.key, "nodes-ca.crt": nodes.certificate,
            "signing.key": signing.private,
        }.items():  # fmt: skip
            pki.write_private(self.home / "secrets" / name, data)
        self.key = vault.make_node_key()
        (secrets / "secrets.key").write_text(self.key.private.hex())
        configuration = {
            "node": "here", "home": str(self.home), "bind": "127.0.0.1", "port": self.agent_port,
            "certificate": str(secrets / "agent.crt"), "key": str(secrets / "agent.key"),
            "console_ca": str(secrets / "console-ca.crt"), "console_key": str(secrets / "console.pub"),
            "helper": [], "isolation": self.isolation, "front_secret": SECRET,
            "secrets_key": str(secrets / "secrets.key"), **self._settings,
        }  # fmt: skip
        (secrets / "agent.json").write_text(json.dumps(configuration))

    def _console(self) -> ManagementInterface:
        secrets = self.home / "secrets"
        keys = Keys(secrets / "client.crt", secrets / "client.key", secrets / "nodes-ca.crt", secrets / "signing.key")
        return ManagementInterface(f"127.0.0.1:{self.agent_port}", keys)

    def sign(self, data: bytes) -> str:
        """The console's signature."""
        return pki.sign((self.home / "secrets/signing.key").read_bytes(), data)

    def _blob(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self.blobs[name] = data
        return name


@contextlib.contextmanager
def interface(*, plain: bool = False, size: str = "", settings: Mapping[str, Any] | None = None) -> Iterator[Interface]:
    """A started node, removed afterwards; a plain one has no Unix users, one of a size a small disk of its own, and
    settings are further ones of its agent."""
    made = Interface(plain=plain, size=size, settings=settings)
    try:
        made.start()
        yield made
    finally:
        made.close()
