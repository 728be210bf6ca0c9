"""A whole node in a home of its own, driven by the command line as a user drives it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from engines.waiting import until

SOURCE = Path(__file__).resolve().parents[2] / "src"


class Node:
    """A node whose home, ports and processes are its own. The home is readable by LAMPAS's Unix users."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="lampas-", dir="/var/tmp"))
        self.directory.chmod(0o755)
        self.home = self.directory / "home"
        self.port, self.console_port = free_port(), free_port()
        self.user: str | None = None
        self.source = SOURCE

    def lampas(
        self,
        *words: str,
        status: int | None = 0,
        timeout: float = 170,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command line about this node, and checks its exit status."""
        variables = {**self.environment(), **(env or {})}
        argv = [sys.executable, "-P", "-m", "lampas.cli", *words]
        if self.user:
            argv = ["setpriv", f"--reuid={self.user}", "--clear-groups", "--", *argv]
        done = subprocess.run(
            argv, env=variables, cwd="/", input=stdin, capture_output=True, text=True, timeout=timeout
        )
        if status is not None:
            assert done.returncode == status, f"lampas {' '.join(words)}: {done.stdout}\n{done.stderr}\n{self.logs()}"
        return done

    def environment(self) -> dict[str, str]:
        """The environment of whoever runs the command line about this node."""
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LAMPAS_HOME": str(self.home),
            "PYTHONPATH": str(self.source),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
        }

    def up(self, *words: str, status: int = 0) -> dict[str, Any]:
        """`lampas up --json` on this node's ports; returns its document."""
        ports = ["--port", str(self.port), "--console-port", str(self.console_port)]
        done = self.lampas("up", *ports, *words, "--json", status=status)
        return dict(json.loads(done.stdout))

    def json(self, *words: str, status: int | None = 0) -> dict[str, Any]:
        """A command's document."""
        return dict(json.loads(self.lampas(*words, "--json", status=status).stdout))

    def browser(self, app: str) -> httpx.Client:
        """A client that keeps cookies and asks the front for `app`, e.g. `shop` or `shop-v2`."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Host": f"{app}.localhost:{self.port}"},
            timeout=30,
            trust_env=False,
        )

    def get(self, app: str, path: str = "/") -> httpx.Response:
        """One request to an application, without cookies."""
        with self.browser(app) as client:
            return client.get(path)

    def pids(self) -> dict[str, int]:
        """What runs: name → pid."""
        rows = self.json("status", status=None)["processes"]
        return {row["name"]: row["pid"] for row in rows if row["state"] == "running"}

    def marked(self) -> list[int]:
        """Every process of this home, by its mark."""
        found = []
        for directory in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if f"LAMPAS_PROCESS={self.home}:".encode() in (directory / "environ").read_bytes():
                    found.append(int(directory.name))
        return found

    def kill(self, name: str) -> None:
        """kill -9 of one process."""
        os.kill(self.pids()[name], signal.SIGKILL)

    def cut(self) -> None:
        """kill -9 of everything at once, the supervisor too, as a power cut would."""
        supervisor = int((self.home / "supervisor" / "supervisord.pid").read_text())
        for pid in [supervisor, *self.marked()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def logs(self) -> str:
        """The ends of all logs, for a test that fails."""
        parts = []
        for path in sorted((self.home / "logs").glob("*.log")):
            parts.append(f"== {path.name}\n{path.read_text(errors='replace')[-1500:]}")
        return "\n".join(parts)

    def remove(self) -> None:
        """Ends and removes everything."""
        with contextlib.suppress(subprocess.SubprocessError):
            self.lampas("destroy", "--yes", status=None)
        shutil.rmtree(self.directory, ignore_errors=True)


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits until something of a whole node is so, bounded."""
    until(condition, seconds)
