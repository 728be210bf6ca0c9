"""`lampas restore`: a node from a backup, in a home that is empty.

The file is proven whole and its secrets are opened before anything is made. What an interrupted restore left is
marked as such: `up` refuses it, and `destroy` removes it.
"""

from __future__ import annotations

import base64
import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from lampas import process
from lampas.core.names import app_name
from lampas.errors import Conflict, Failed, InvalidInput
from lampas.host import archive, backup, database, install, ports, preflight, sampling, sealing, starting, users
from lampas.host.layout import Layout
from lampas.host.planning import Wish, new, planned
from lampas.host.settings import USERS, Settings, write
from lampas.host.turns import turn
from lampas.host.up import Up, brought_up
from lampas.host.users import as_user
from lampas.pki import write_private
from lampas.roothelper import rules

_HOURS = 6 * 3600.0
_SETTLED = 300.0  # seconds that all applications together may take to start


def restore(wish: Wish, file: Path, secret: bytes, say: Callable[[str], None]) -> Up:
    """Makes the node and starts it.

    Args:
        wish: The home, and what should differ from the backup (ports, domain).
        file: The backup.
        secret: The passphrase of its secrets.
        say: Told what is going on.

    Raises:
        Damaged: The file is not whole.
        WrongPassphrase: The passphrase does not open it.
        Conflict: There is a node in the home already, or a port is taken.
        Failed: A part could not be restored.
    """
    layout = Layout(wish.home)
    if layout.settings.exists():
        raise Conflict(f"there is a node in {wish.home} already", "choose another --home, or destroy that node first")
    say(f"checking {file} …")
    with archive.reading(file) as tar:
        members = iter(tar)
        about, saved = _document(tar, members, "about.json"), _document(tar, members, "lampas.json")
        if about.get("format") != backup.FORMAT:
            raise InvalidInput(f"{file} has the format {about.get('format')}", "use the LAMPAS that made it")
        secrets = json.loads(sealing.unseal(_bytes(tar, members, "secrets.sealed"), secret))
        settings = planned(layout, wish, _adopted(saved, wish.home))
        with turn(wish.home):
            say(f"restoring into {layout.home} …")
            _begin(layout, settings, secrets)
            settings, made = install.everything(layout, settings)
            starting.start_database(layout, settings)
            say("restoring the databases …")
            _load(layout, settings, _file(tar, members, "databases.sql"))
            _move_slots(layout, settings, settings.first_slot - saved["first_slot"])
            for application in about["applications"]:
                say(f"restoring the data of {application} …")
                _scatter(layout, settings, app_name(application), _file(tar, members, f"data/{application}.tar"))
            layout.sample.write_text("\n".join(sampling.STEPS) + "\n")
            layout.told.write_text("restored\n")
            layout.restoring.unlink()
            up = brought_up(layout, settings, made, sample=True, say=say)
            say("starting the applications …")
            _settle(layout, settings)
            return up


def _adopted(saved: dict[str, Any], home: Path) -> Settings:
    """The settings of the backup, as far as they are not about the machine that it was made on."""
    fresh = new(home, preflight.isolation(None, users.current()))
    kept = {name: saved[name] for name in ("node", "domain", "port", "console_port", "bind")}
    first = saved["first_slot"] if ports.slots_are_free(saved["first_slot"]) else fresh.first_slot
    return replace(fresh, **kept, first_slot=first)


def _begin(layout: Layout, settings: Settings, secrets: dict[str, str]) -> None:
    """The mark of an unfinished restore, then the secrets that everything else is made from."""
    layout.supervisor.mkdir(parents=True, exist_ok=True)
    layout.restoring.touch()
    write(layout.settings, settings)
    for name, content in secrets.items():
        path = layout.home / name
        if ".." in path.parts or not (path.is_relative_to(layout.secrets) or path.is_relative_to(layout.pki)):
            raise InvalidInput(f"the backup holds a secret for {path}", "use another copy of the backup")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, base64.b64decode(content))


def _load(layout: Layout, settings: Settings, dump: IO[bytes]) -> None:
    who = users.accounts(settings.isolation, settings.owner).database
    words = ["mariadb", "--no-defaults", f"--socket={layout.database_socket}", "--max-allowed-packet=64M"]
    with _on_disk(dump, layout.home) as file:
        _from(as_user(who, [*words, "--binary-mode"]), file, "restoring the databases")


def _move_slots(layout: Layout, settings: Settings, distance: int) -> None:
    """The ports of release units follow where others have those of the backup."""
    if distance:
        _asked(layout, settings, f"UPDATE lampas_slot SET port = port + {distance:d}")  # noqa: S608 - a number


def _settle(layout: Layout, settings: Settings) -> None:
    """Waits until the node was sent what it is to run: accounts at MariaDB are made again, then units are started.

    Raises:
        Failed: An application did not start.
    """
    ends = "SELECT state, JSON_VALUE(error, '$.message') FROM lampas_operation WHERE kind = 'resend'"
    deadline = time.monotonic() + _SETTLED
    state, message = "waiting", ""
    while state in ("waiting", "running") and time.monotonic() < deadline:
        time.sleep(0.1)
        state, message = (_asked(layout, settings, f"{ends} ORDER BY id DESC LIMIT 1") or "done\t").split("\t")
    if state != "done":
        why = message if state == "failed" else f"they did not within {_SETTLED:g} s"
        raise Failed(f"the node is restored, but its applications did not start: {why}", "see: lampas operation list")


def _asked(layout: Layout, settings: Settings, statement: str) -> str:
    """What the server's tables answer to a statement of LAMPAS's own, as text."""
    who = users.accounts(settings.isolation, settings.owner).database
    words = ["mariadb", "--no-defaults", f"--socket={layout.database_socket}", database.NAME, "-N", "-B"]
    return process.check(as_user(who, [*words, "-e", statement]), cwd=Path("/")).decode().rstrip("\n")


def _scatter(layout: Layout, settings: Settings, application: str, content: IO[bytes]) -> None:
    """Puts an application's data back, as its own user: what a backup holds cannot lead root anywhere."""
    request = {"verb": "app-ensure", "app": application, "persist": []}
    answer = process.check(rules.command(str(layout.home)), stdin=json.dumps(request).encode() + b"\n", cwd=Path("/"))
    if not json.loads(answer)["ok"]:
        raise Failed(f"the application {application} cannot be made: {json.loads(answer).get('error')}")
    owner = f"lampas-{application}" if settings.isolation == USERS else settings.owner
    words = ["tar", "--extract", "--same-permissions", "--no-same-owner", f"--directory={layout.data / application}"]
    with _on_disk(content, layout.home) as file:
        _from(as_user(owner, [*words, "--file=-"]), file, f"restoring the data of {application}")


@contextmanager
def _on_disk(content: IO[bytes], directory: Path) -> Iterator[IO[bytes]]:
    """A member of the archive as a file that a program can read."""
    with tempfile.TemporaryFile(dir=directory) as file:
        shutil.copyfileobj(content, file, 1 << 20)
        file.seek(0)
        yield file


def _from(words: list[str | Path], file: IO[bytes], name: str) -> None:
    with tempfile.TemporaryFile() as errors:
        running = process.start(words, stdin=file, stdout=errors, stderr=errors, cwd=Path("/"))
        try:
            status = running.wait(_HOURS)
        finally:
            running.kill()
        if status != 0:
            errors.seek(0)
            said = errors.read(2000).decode(errors="replace").strip()
            raise Failed(f"{name} failed: {said}", "run: lampas destroy --yes, then restore again")


def _file(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo], name: str) -> IO[bytes]:
    """The next member, which must have this name."""
    member = next(members, None)
    content = tar.extractfile(member) if member is not None and member.name == name else None
    if content is None:
        raise InvalidInput(f"the backup lacks {name}", "use another copy of the backup")
    return content


def _bytes(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo], name: str) -> bytes:
    return _file(tar, members, name).read()


def _document(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo], name: str) -> dict[str, Any]:
    return dict(json.loads(_bytes(tar, members, name)))
