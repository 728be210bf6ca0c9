"""The console as it really runs: gunicorn with threads, in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"


class Gunicorn:
    """A gunicorn that serves LAMPAS on a free port of loopback.

    Args:
        server: The server's configuration, server.json.
        log: Where it writes.
    """

    def __init__(self, server: Path, log: Path) -> None:
        self._server = server
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self, *options: str) -> None:
        """Starts it and waits until its workers have loaded LAMPAS."""
        environment = {**os.environ, "LAMPAS_SERVER": str(self._server), "PYTHONPATH": str(SOURCE)}
        self._log.write_bytes(b"")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--workers=2", "--threads=16",
                 "--bind=127.0.0.1:0", "--preload", *options, "lampas.server.wsgi:application"],
                stdout=log, stderr=log, env=environment,
            )  # fmt: skip
        for _ in range(300):
            text = self._log.read_text()
            found = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", text)
            if found and text.count("Booting worker") == 2:
                self.port = int(found[1])
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(self._log.read_text())

    def stop(self) -> None:
        """Ends it in order."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None
