"""`lampas backup`: the whole node in one file, while everything goes on.

In it: every database as one consistent snapshot (code, releases, people, audit), the persistent directories of
applications, the settings, and the secrets and certificates, sealed. What can be made again is not in it: caches, the
agent's store, units.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from lampas import process
from lampas.errors import Conflict, Failed, InvalidInput
from lampas.host import archive, database, sealing, users
from lampas.host.layout import Layout
from lampas.host.settings import USERS, Settings
from lampas.host.users import as_user

FORMAT = 1
_SYSTEM = frozenset({"information_schema", "mysql", "performance_schema", "sys"})
_SCRATCH = "lampas_scratch_"  # of verifications that are going on
_HOURS = 6 * 3600.0
_ATTEMPTS = 3


@dataclass(frozen=True)
class Backup:
    """A backup that was made."""

    file: Path
    size: int
    seconds: float
    databases: tuple[str, ...]
    applications: tuple[str, ...]


def make(layout: Layout, found: Settings, file: Path, secret: bytes) -> Backup:
    """Makes it.

    Args:
        layout: The home.
        found: Its settings.
        file: The file to write; it must not exist.
        secret: The passphrase that seals the secrets.

    Raises:
        InvalidInput: No passphrase, or the file cannot be written.
        Conflict: The file exists, or the database does not run.
        Failed: A part could not be read; there is no file then.
    """
    if not secret:
        raise InvalidInput("a backup's secrets are sealed with a passphrase", "set LAMPAS_PASSPHRASE, or: --key-file F")
    if file.exists():
        raise Conflict(f"{file} exists", "choose another name")
    if not database.answers(layout.database_socket):
        raise Conflict("the database does not run", "start the node first: lampas up")
    began = time.monotonic()
    databases, applications = _databases(layout, found), _applications(layout)
    with archive.writing(file) as tar:
        about = {"format": FORMAT, "node": found.node, "databases": databases, "applications": applications}
        archive.add(tar, "about.json", json.dumps(about).encode())
        archive.add(tar, "lampas.json", json.dumps(asdict(found)).encode())
        archive.add(tar, "secrets.sealed", sealing.seal(_secrets(layout), secret))
        with tempfile.TemporaryFile(dir=file.parent) as scratch:
            _dump(layout, found, databases, scratch)
            archive.add_file(tar, "databases.sql", scratch)
        for application in applications:
            with tempfile.TemporaryFile(dir=file.parent) as scratch:
                _gather(layout, found, application, scratch)
                archive.add_file(tar, f"data/{application}.tar", scratch)
    seconds = time.monotonic() - began
    return Backup(file, file.stat().st_size, seconds, tuple(databases), tuple(applications))


def secret_files(layout: Layout) -> list[Path]:
    """The files that hold what cannot be made again: secrets, certificates, keys."""
    found = [layout.vault, *layout.pki.iterdir(), *layout.server.iterdir(), *layout.agent_secrets.iterdir()]
    return sorted(path for path in found if path.is_file() and path not in (layout.server_json, layout.agent_json))


def _secrets(layout: Layout) -> bytes:
    content = {
        str(path.relative_to(layout.home)): base64.b64encode(path.read_bytes()).decode()
        for path in secret_files(layout)
    }
    return json.dumps(content).encode()


def _administrator(found: Settings) -> str:
    return users.accounts(found.isolation, found.owner).database


def _databases(layout: Layout, found: Settings) -> list[str]:
    words = ["mariadb", "--no-defaults", f"--socket={layout.database_socket}", "-N", "-e", "SHOW DATABASES"]
    said = process.check(as_user(_administrator(found), list(words)), cwd=Path("/")).decode()
    return sorted(name for name in set(said.split()) - _SYSTEM if not name.startswith(_SCRATCH))


def _applications(layout: Layout) -> list[str]:
    return sorted(path.name for path in layout.data.iterdir() if path.is_dir())


def _dump(layout: Layout, found: Settings, databases: list[str], into: IO[bytes]) -> None:
    """All of them in one transaction, with its place in the binary log. Where an application changes a table's shape
    meanwhile, MariaDB refuses to go on: it is begun again."""
    words = ["mariadb-dump", "--no-defaults", f"--socket={layout.database_socket}", "--single-transaction", "--quick"]
    words += ["--hex-blob", "--routines", "--triggers", "--events", "--max-allowed-packet=64M", "--master-data=2"]
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _into(as_user(_administrator(found), [*words, "--databases", *databases]), into, "mariadb-dump")
        except Failed:
            if attempt == _ATTEMPTS:
                raise
            into.seek(0)
            into.truncate()
        else:
            return


def _gather(layout: Layout, found: Settings, application: str, into: IO[bytes]) -> None:
    script = layout.current / "lampas" / "host" / "gather.py"
    words: list[str | Path] = ["/usr/bin/python3", "-I", "-S", script, layout.data / application]
    owner = f"lampas-{application}" if found.isolation == USERS else found.owner
    _into(as_user(owner, words), into, f"reading the data of {application}")


def _into(words: list[str | Path], into: IO[bytes], name: str) -> None:
    with tempfile.TemporaryFile() as errors:
        running = process.start(words, stdout=into, stderr=errors, cwd=Path("/"))
        try:
            status = running.wait(_HOURS)
        finally:
            running.kill()
        if status != 0:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - 1000))
            raise Failed(f"{name} failed: {errors.read().decode(errors='replace').strip()}", "run: lampas doctor")
