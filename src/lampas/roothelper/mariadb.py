"""MariaDB's own clients, as its administrator or as a scratch database's account. Standard library only."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from lampas.roothelper.typed import Refused

ADMINISTRATOR = "lampas-db"  # the Unix user that MariaDB runs as, where LAMPAS has users
_SECONDS = 60.0  # that statements of one verb may take
_COPYING = 240.0  # that copying a database may take
_LEAST = 32 << 20  # bytes that are to be free where MariaDB writes: on a full disk it waits, and says nothing
_MOST_ROWS = 256 << 20  # bytes of rows that a scratch database is given
_MOST_WORDS = 300
_DEFINER = re.compile(
    rb"^(/\*!50013 |/\*!50003 CREATE\*/ /\*!50017 |CREATE )DEFINER=`(?:[^`]|``)*`@`(?:[^`]|``)*` ?",
)
_SECRET = re.compile(r"\*[0-9A-F]{40}")
_KEPT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Client:
    """The clients of one home's MariaDB.

    Attributes:
        home: LAMPAS's home.
        as_root: Whether MariaDB runs as a user of its own.
    """

    home: str
    as_root: bool

    def require_room(self) -> None:
        """Refuses to begin what could not be ended.

        Raises:
            Refused: The disk that MariaDB writes to is full.
        """
        disk = os.statvfs(f"{self.home}/database")
        if disk.f_bavail * disk.f_frsize < _LEAST:
            raise Refused(f"the disk of {self.home}/database is full: MariaDB needs {_LEAST >> 20} MiB to go on")

    def run(self, *statements: str) -> list[list[str]]:
        """Runs statements one after the other, up to the first that fails; gives the rows of all.

        Raises:
            Refused: MariaDB does not answer, or refused one.
        """
        command = [*self._program("mariadb"), "--batch", "--skip-column-names", "--binary-mode"]
        text = ";\n".join(statements).encode() + b";\n"
        done = self._finished(command, text)
        return [[_plain(cell) for cell in line.split("\t")] for line in done.decode().splitlines()]

    def copy_shape(self, source: str, target: str, password: str) -> list[str]:
        """Copies tables, views, triggers and routines of a database, without rows; what they run as becomes the
        target's account.

        Returns:
            What could not be copied, in MariaDB's words: views of tables that are gone, for one.

        Raises:
            Refused: MariaDB does not answer.
        """
        options = ["--no-data", "--routines", "--triggers", "--skip-add-drop-table", "--force"]
        return self._copy([*options, source], target, password, force=True)

    def copy_rows(self, source: str, tables: Sequence[str], target: str, password: str) -> None:
        """Copies the rows of some tables into those of another database.

        Raises:
            Refused: MariaDB does not answer, or there are too many.
        """
        if tables:
            options = ["--no-create-info", "--skip-triggers", "--hex-blob"]
            self._copy([*options, source, *tables], target, password)

    def _copy(self, dumped: Sequence[str], target: str, password: str, *, force: bool = False) -> list[str]:
        dump = [*self._program("mariadb-dump"), "--single-transaction", "--quick", "--skip-lock-tables"]
        with self._login(target, password) as login, tempfile.TemporaryFile() as said:
            load = [f"--defaults-file=/proc/self/fd/{login}", f"--socket={self._socket}", "--binary-mode"]
            reading = self._start([*dump, "--no-tablespaces", *dumped], subprocess.DEVNULL, subprocess.PIPE, said)
            writing = self._start(
                ["mariadb", *load, *(["--force"] if force else []), target],
                subprocess.PIPE, subprocess.DEVNULL, said, login,
            )  # fmt: skip
            assert reading.stdout is not None  # noqa: S101 - started with a pipe
            assert writing.stdin is not None  # noqa: S101 - started with a pipe
            try:
                with contextlib.suppress(BrokenPipeError):
                    _pass_on(reading.stdout, writing.stdin)
                    writing.stdin.close()
                statuses = reading.wait(_COPYING), writing.wait(_COPYING)
            except subprocess.TimeoutExpired as error:
                raise Refused("copying the database took too long") from error
            finally:
                for each in (reading, writing):
                    each.kill()
                    each.wait()
            said.seek(0)
            words = [_words(line) for line in said.read().decode(errors="replace").splitlines() if line]
        if any(statuses) and not (force and self.run("SELECT 1")):
            raise Refused(f"MariaDB: {' '.join(words)[:_MOST_WORDS]}")
        return words

    @contextlib.contextmanager
    def _login(self, user: str, password: str) -> Iterator[int]:
        """An account's name and password as an options file that stands on no disk, for MariaDB's Unix user alone."""
        handle = os.memfd_create("login")
        try:
            os.write(handle, f"[client]\nuser={user}\npassword={password}\n".encode())
            os.fchmod(handle, 0o600)
            if self.as_root:
                os.fchown(handle, pwd.getpwnam(ADMINISTRATOR).pw_uid, -1)
            yield handle
        finally:
            os.close(handle)

    @property
    def _socket(self) -> str:
        return f"{self.home}/run/database/mariadb.sock"

    @property
    def _user(self) -> str:
        return ADMINISTRATOR if self.as_root else pwd.getpwuid(os.geteuid()).pw_name

    def _program(self, name: str) -> list[str]:
        return [name, "--no-defaults", f"--socket={self._socket}", f"--user={self._user}"]

    def _start(
        self, argv: Sequence[str], stdin: int, stdout: int, stderr: IO[bytes], *inherited: int
    ) -> subprocess.Popen[bytes]:
        entry = pwd.getpwnam(ADMINISTRATOR) if self.as_root else None
        try:
            return subprocess.Popen(
                list(argv),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd="/",
                env=_KEPT,
                user=entry.pw_uid if entry else None,
                group=entry.pw_gid if entry else None,
                extra_groups=[] if entry else None,
                pass_fds=inherited,
            )
        except FileNotFoundError as error:
            raise Refused(f"{argv[0]} is not installed") from error

    def _finished(self, argv: Sequence[str], text: bytes) -> bytes:
        with tempfile.TemporaryFile() as said:
            running = self._start(argv, subprocess.PIPE, subprocess.PIPE, said)
            try:
                out, _ = running.communicate(text, _SECONDS)
            except subprocess.TimeoutExpired as error:
                running.kill()
                running.wait()
                raise Refused("MariaDB did not answer in time") from error
            if running.returncode != 0:
                said.seek(0)
                raise Refused(f"MariaDB: {_words(said.read().decode(errors='replace').strip())}")
        return out


def _pass_on(source: IO[bytes], target: IO[bytes]) -> None:
    """Passes a dump on, line by line, without who its views, triggers and routines run as."""
    left = _MOST_ROWS
    for line in source:
        left -= len(line)
        if left < 0:
            raise Refused(f"more than {_MOST_ROWS >> 20} MiB of rows are to be kept in a scratch database")
        target.write(_DEFINER.sub(rb"\1", line))


def _words(said: str) -> str:
    """What MariaDB said, short and without what it keeps of a password."""
    begin = max(said.find("ERROR "), 0)  # ahead of it stands the statement
    return _SECRET.sub("…", " ".join(said[begin:].split()))[:_MOST_WORDS]


def _plain(cell: str) -> str:
    r"""A cell of the batch format, in which tabs, newlines and backslashes are written as \t, \n and \\."""
    return re.sub(r"\\([tn0\\])", lambda found: {"t": "\t", "n": "\n", "0": "\0", "\\": "\\"}[found[1]], cell)
