"""The private MariaDB: its configuration, as text, and its first data directory."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path

from lampas import process
from lampas.errors import Failed, Unreachable
from lampas.host.layout import Layout
from lampas.host.users import as_user

NAME = "lampas"
USER = "lampas_server"

_MY_CNF = """\
# Written by lampas up.
[mariadbd]
datadir = {database}/data
# Its own: a server that starts removes what it takes for leftovers in its tmpdir, also those of a server that runs.
tmpdir = {database}/tmp
socket = {socket}
pid-file = {run}/database/mariadb.pid
bind-address = 127.0.0.1
port = {port}
skip-name-resolve
server-id = 1
character-set-server = utf8mb4
collation-server = utf8mb4_unicode_ci
transaction-isolation = READ-COMMITTED
# What was acknowledged survives a power cut, in the tables and in the binary log.
innodb_flush_log_at_trx_commit = 1
log-bin = {database}/binlog/binlog
binlog_format = ROW
sync_binlog = 1
gtid_strict_mode = ON
binlog_expire_logs_seconds = 604800
max_binlog_size = 256M
# Applications make triggers and functions; with rows in the binary log that is safe.
log_bin_trust_function_creators = ON
local_infile = 0
max_allowed_packet = 64M
max_connections = 1000
innodb_buffer_pool_size = 256M
innodb_log_file_size = 256M
feedback = OFF
"""


def my_cnf(layout: Layout, port: int) -> str:
    """The text of my.cnf.

    Args:
        layout: The home.
        port: The loopback port.
    """
    return _MY_CNF.format(database=layout.database, socket=layout.database_socket, run=layout.run, port=port)


def account_sql(administrator: str, password: str) -> str:
    """What is run in a new data directory: the server's account and nobody else's but the administrator's.

    Args:
        administrator: The Unix user that is the database's root, by its socket alone.
        password: The server's password: letters, digits, `-` and `_`.
    """
    return f"""\
FLUSH PRIVILEGES;
DROP USER IF EXISTS root@localhost;
DELETE FROM mysql.global_priv WHERE User = '' OR User NOT IN ('mariadb.sys', '{administrator}');
DELETE FROM mysql.proxies_priv;
FLUSH PRIVILEGES;
CREATE DATABASE {NAME} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE USER {USER}@localhost IDENTIFIED BY '{password}';
GRANT ALL ON {NAME}.* TO {USER}@localhost;
"""  # noqa: S608 - the values are LAMPAS's own, and none has a quote


def initialise(layout: Layout, user: str, password: str) -> None:
    """Makes the data directory unless there is one: aside, renamed when it is complete.

    Raises:
        Failed: MariaDB did not make it.
    """
    if layout.database_data.exists():
        return
    aside, accounts = layout.database / "data.new", layout.database / "accounts.sql"
    shutil.rmtree(aside, ignore_errors=True)
    accounts.touch(mode=0o600)
    accounts.write_text(account_sql(user, password))
    try:
        if Path("/proc/self").stat().st_uid == 0:
            shutil.chown(accounts, user)
        # --force: without looking hosts up
        words = ["mariadb-install-db", "--no-defaults", "--force", f"--datadir={aside}", "--skip-test-db"]
        words += ["--skip-name-resolve", f"--tmpdir={layout.database / 'tmp'}"]
        words += ["--auth-root-authentication-method=socket", f"--auth-root-socket-user={user}"]
        done = process.run(as_user(user, [*words, f"--extra-file={accounts}"]), cwd=layout.database, timeout=120)
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.status != 0 or "ERROR" in said:
            raise Failed(f"MariaDB did not make its data directory: {said.strip()[-1000:]}", "run: lampas doctor")
    finally:
        accounts.unlink(missing_ok=True)
    aside.rename(layout.database_data)


def answers(path: Path, timeout: float = 2.0) -> bool:
    """Whether a MariaDB greets at this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        try:
            client.connect(str(path))
            greeting = client.recv(5)
        except OSError:
            return False
    return len(greeting) == 5 and greeting[4] == 10  # the protocol's version; 255 would be an error


def wait(path: Path, seconds: float, log: Path) -> None:
    """Waits until MariaDB greets.

    Raises:
        Unreachable: It does not within that time.
    """
    deadline = time.monotonic() + seconds
    while not answers(path):
        if time.monotonic() > deadline:
            raise Unreachable(f"MariaDB does not answer at {path}", f"see {log}, and run: lampas doctor")
        time.sleep(0.05)
