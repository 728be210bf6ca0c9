"""The MariaDB of a home, as `up` makes it, without the rest of a node."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from pathlib import Path

import MySQLdb

from engines.node import free_port
from engines.waiting import until
from lampas.host import database, users
from lampas.host.layout import Layout

ROOT = os.geteuid() == 0


class HomeDatabase:
    """MariaDB in a home, run by the user that `up` has run it; `close` ends it."""

    def __init__(self, home: Path) -> None:
        self.layout, self.port = Layout(home), free_port()
        self.user = "lampas-db" if ROOT else pwd.getpwuid(os.geteuid()).pw_name
        if ROOT:
            users.ensure([self.user])
        self._process: subprocess.Popen[bytes] | None = None
        for path in (self.layout.database, self.layout.database / "binlog", self.layout.database / "tmp"):
            users.directory(path, self.user, 0o700)
        users.directory(self.layout.run / "database", self.user, 0o750)
        self.layout.my_cnf.write_text(database.my_cnf(self.layout, self.port))
        users.own(self.layout.my_cnf, self.user, 0o600)
        database.initialise(self.layout, self.user, "unused")

    def start(self) -> None:
        """Starts it and waits until it answers."""
        log = (self.layout.database / "log").open("ab")
        command = users.as_user(self.user, ["/usr/sbin/mariadbd", f"--defaults-file={self.layout.my_cnf}"])
        self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        log.close()
        until(lambda: database.answers(self.layout.database_socket))

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Ends it in order."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    def sql(self, text: str) -> list[list[str]]:
        """Runs statements as the administrator; the rows of all."""
        command = ["mariadb", "--no-defaults", f"--socket={self.layout.database_socket}", "-N", "-B"]
        done = subprocess.run(
            users.as_user(self.user, [*command, f"--user={self.user}"]),
            input=text.encode(), capture_output=True, cwd="/", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return [line.split("\t") for line in done.stdout.decode().splitlines()]

    def opens(self, user: str, password: str, name: str = "", *, socket: bool = False) -> bool:
        """Whether an account is let in."""
        with contextlib.suppress(MySQLdb.OperationalError):
            self.connect(user, password, name, socket=socket).close()
            return True
        return False

    def connect(self, user: str, password: str, name: str = "", *, socket: bool = False) -> MySQLdb.Connection:
        """A connection as an account, by TCP or by the socket."""
        where = (
            {"unix_socket": str(self.layout.database_socket)} if socket else {"host": "127.0.0.1", "port": self.port}
        )
        return MySQLdb.connect(user=user, password=password, database=name, **where)
