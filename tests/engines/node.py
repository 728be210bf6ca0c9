"""A whole stand-alone node in a home of its own, driven as a user would: by the command line and by HTTP."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Refused(AssertionError):
    """The command line ended with another status than 0; carries what it said."""

    def __init__(self, argv: list[str], status: int, stdout: str, stderr: str) -> None:
        super().__init__(f"lampas {' '.join(argv)} ended with {status}\n{stdout}\n{stderr}")
        self.status = status
        self.stdout = stdout
        self.stderr = stderr

    @property
    def error(self) -> dict[str, str]:
        """What `--json` printed of the error: code, message, remedy."""
        return dict(json.loads(self.stdout)["error"])


class LampasNode:
    """One node. Its home can be reached by the Unix users of its processes, unlike pytest's own directories."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="lampas-test-"))
        self.home.chmod(0o755)
        self.home.rmdir()
        self.port, self.console_port = free_port(), free_port()
        self.cwd: Path | None = None

    def up(self, *options: str) -> dict[str, Any]:
        """Sets the node up or starts what is not running."""
        ports = ["--port", str(self.port), "--console-port", str(self.console_port)]
        return self.lampas("up", *ports, *options)

    def run(
        self, *argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs the command line and returns how it ended."""
        own = {"LAMPAS_HOME": str(self.home), "PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(
            [sys.executable, "-m", "lampas.cli", *argv],
            input=stdin, capture_output=True, env={**os.environ, **own, **(env or {})}, cwd=self.cwd, timeout=600,
        )  # fmt: skip

    def lampas(self, *argv: str, stdin: bytes = b"") -> dict[str, Any]:
        """Runs a command that must succeed, with `--json`, and returns the document.

        Raises:
            Refused: It did not succeed.
        """
        done = self.run("--json", *argv, stdin=stdin)
        if done.returncode != 0:
            raise Refused(list(argv), done.returncode, done.stdout.decode(), done.stderr.decode())
        return dict(json.loads(done.stdout)) if done.stdout.strip() else {}

    def browser(self, host: str) -> httpx.Client:
        """A client that keeps cookies and asks this node's front for `host`."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Host": f"{host}.localhost:{self.port}"},
            timeout=30,
            trust_env=False,
        )

    def get(self, host: str, path: str = "/", **headers: str) -> httpx.Response:
        """One request to an application, without cookies."""
        with self.browser(host) as client:
            return client.get(path, headers=headers)

    def destroy(self) -> None:
        """Stops everything and removes the home."""
        done = self.run("destroy", "--yes")
        shutil.rmtree(self.home, ignore_errors=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
