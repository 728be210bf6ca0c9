"""A private MariaDB in a directory of its own, reached by its socket alone."""

from __future__ import annotations

import contextlib
import subprocess
import time
from pathlib import Path

import MySQLdb


class MariaDB:
    """A server that lives as long as the tests that asked for it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = directory / "db.sock"
        self.data = directory / "data"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Makes the data directory the first time, then starts the server and waits until it answers."""
        own = ["--no-defaults", f"--datadir={self.data}", f"--tmpdir={self.directory}", "--user=root"]
        if not self.data.exists():
            subprocess.run(
                ["mariadb-install-db", "--force", *own, "--auth-root-authentication-method=normal", "--skip-test-db"],
                check=True,
                capture_output=True,
            )
        log = (self.directory / "db.log").open("ab")
        self._process = subprocess.Popen(
            [
                "mariadbd",
                *own,
                f"--socket={self.socket}",
                "--skip-networking",
                "--log-bin=binlog",
                "--character-set-server=utf8mb4",
                "--gtid-strict-mode=ON",
                "--local-infile=0",
                "--innodb-flush-log-at-trx-commit=0",
                "--sync-binlog=0",
                f"--pid-file={self.directory}/db.pid",
            ],
            stdout=log,
            stderr=log,
        )
        log.close()
        for _ in range(300):
            with contextlib.suppress(MySQLdb.OperationalError):
                MySQLdb.connect(unix_socket=str(self.socket), user="root").close()
                return
            time.sleep(0.1)
        raise RuntimeError((self.directory / "db.log").read_text())

    def sql(self, text: str) -> str:
        """Runs statements as root and returns what the client printed."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.socket}", "-N", "-e", text],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ends it in order."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None
