"""An application's Unix user and its directories."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lampas.core.nodestate import Places
from lampas.core.nodestate.places import volatile
from lampas.roothelper.typed import Refused

AGENT = "lampas"
_TAKEN = frozenset({"console", "db", "front"})  # lampas-console, … are users of LAMPAS itself


def ensure(home: str, app: str, persist: Sequence[str], *, as_root: bool) -> None:
    """Makes what an application needs before it can have a release; what is there is left as it is.

    Args:
        home: LAMPAS's home.
        app: The application.
        persist: Its persistent directories, relative to its data directory.
        as_root: Whether it gets a Unix user of its own.
    """
    if app in _TAKEN:
        raise Refused(f"no application can be called {app}")
    places = Places(home)
    if as_root:
        _user(f"lampas-{app}")
        agent, own = _ids(AGENT), _ids(f"lampas-{app}")
    else:
        agent = own = (os.geteuid(), os.getegid())
    with _directory(Path(home) / "agent/apps", app, agent[0], own[1], 0o2750) as base:
        for name in ("releases", "units"):
            with _directory(base, name, agent[0], own[1], 0o2750):
                pass
    # What holds secrets stands in memory, and is gone after a reboot.
    memory = _memory(home, as_root)
    with (
        _directory(memory.parent, memory.name, os.geteuid(), os.getegid(), 0o711 if as_root else 0o700) as base,
        _directory(base, app, agent[0], own[1], 0o2750),
    ):
        pass
    for path, group, mode in (
        (places.data(app), own[1], 0o700),
        (places.logs(app), agent[1], 0o2750),
        (places.run(app), agent[1], 0o750),
    ):
        with _directory(Path(path).parent, app, own[0], group, mode):
            pass
    if persist:
        _as(own, as_root, lambda: _make_all(Path(places.data(app)), persist))


def remove(home: str, app: str, *, as_root: bool) -> str:
    """Takes back what `ensure` made. Data that the application still has, and then its user, stay.

    Returns:
        What stays, "" where nothing does.
    """
    places = Places(home)
    for path in (Path(places.run(app)), Path(places.logs(app)), _memory(home, as_root) / app):
        _clear(path)
    data = Path(places.data(app))
    if data.exists():
        try:
            data.rmdir()
        except OSError:
            return f"the data of {app} stays in {data}"
    if as_root and _exists(f"lampas-{app}"):
        _program("userdel", "--", f"lampas-{app}")
    return ""


def drop_data(home: str, app: str, *, as_root: bool) -> None:
    """Removes the data of an application as its user, who could have left links to anything there; then the user.

    Raises:
        Refused: It could not be removed.
    """
    data = Path(Places(home).data(app))
    if data.is_dir() and not data.is_symlink():
        as_application(app, lambda: _empty(data), as_root=as_root)
    stays = remove(home, app, as_root=as_root)
    if stays:
        raise Refused(stays)


def _empty(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _memory(home: str, as_root: bool) -> Path:
    return Path(volatile(home, users=as_root, shm=Path("/dev/shm").is_dir()))  # noqa: S108


def as_application(app: str, work: Callable[[], object], *, as_root: bool) -> None:
    """Does something as an application's user, in directories that are the application's.

    Raises:
        Refused: There is no such user, or it could not be done.
    """
    _as(_ids(f"lampas-{app}") if as_root else (os.geteuid(), os.getegid()), as_root, work)


def _clear(path: Path) -> None:
    """Removes a directory that holds files alone. Names are unlinked, never followed."""
    if path.is_dir() and not path.is_symlink():
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            for name in os.listdir(handle):  # noqa: PTH208 - by the held directory
                os.unlink(name, dir_fd=handle)
        except IsADirectoryError as error:
            raise Refused(f"{path} holds a directory that LAMPAS did not make") from error
        finally:
            os.close(handle)
        path.rmdir()


@contextlib.contextmanager
def _directory(parent: Path | int, name: str, user: int, group: int, mode: int) -> Iterator[int]:
    """Makes a directory or mends its owner and mode, and holds it open.

    Every step is relative to a directory that is held: what the agent's user may write could be renamed meanwhile.
    """
    above = os.open(parent, os.O_RDONLY | os.O_DIRECTORY) if isinstance(parent, Path) else parent
    handle = -1
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=above)
        handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
        found = os.fstat(handle)
        if (found.st_uid, found.st_gid) != (user, group):
            os.fchown(handle, user, group)
        if found.st_mode & 0o7777 != mode:
            os.fchmod(handle, mode)
        yield handle
    finally:
        if handle >= 0:
            os.close(handle)
        if isinstance(parent, Path):
            os.close(above)


def _make_all(data: Path, names: Sequence[str]) -> None:
    for name in names:
        (data / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def _as(own: tuple[int, int], as_root: bool, work: Callable[[], object]) -> None:
    """Does something as the application's user, whose directories may hold links that root must not follow."""
    if not as_root:
        work()
        return
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(own[1])
            os.setuid(own[0])
            work()
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(pid, 0)[1] != 0:
        raise Refused("it could not be done as the application's user")


def _user(name: str) -> None:
    if not _exists(name):
        shell = ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        _program("useradd", "--system", "--user-group", "--no-create-home", *shell, "--comment", "LAMPAS", "--", name)


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _ids(name: str) -> tuple[int, int]:
    try:
        return pwd.getpwnam(name).pw_uid, grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise Refused(f"there is no Unix user {name}") from error


def _program(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, check=False)
    if done.returncode != 0:
        raise Refused(f"{words[0]}: {done.stderr.decode(errors='replace').strip()}")
