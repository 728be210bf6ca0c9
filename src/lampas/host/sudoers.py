"""The one line of sudo's configuration that LAMPAS needs: the agent may start the root helper."""

from __future__ import annotations

from pathlib import Path

from lampas import process
from lampas.errors import Failed
from lampas.host.boot import home_hash
from lampas.pki import write_private
from lampas.roothelper import rules

_DIRECTORY = Path("/etc/sudoers.d")


def path(home: Path) -> Path:
    """The file of one home."""
    return _DIRECTORY / f"lampas-{home_hash(home)}"


def install(home: Path, user: str) -> None:
    """Writes the file when it differs, once visudo has accepted it.

    Raises:
        Failed: visudo refuses it.
    """
    text, target = rules.sudoers(str(home), user), path(home)
    if target.exists() and target.read_text() == text:
        return
    aside = home / "supervisor" / "sudoers"
    write_private(aside, text.encode())
    done = process.run(["visudo", "-c", "-q", "-f", aside])
    if done.status != 0:
        raise Failed(f"visudo refuses what LAMPAS wrote: {done.stderr.decode(errors='replace').strip()[-300:]}")
    hidden = _DIRECTORY / f".{target.name}.new"  # sudo skips names with a dot
    write_private(hidden, text.encode())
    hidden.chmod(0o440)
    hidden.replace(target)
    aside.unlink()


def remove(home: Path) -> None:
    """Removes the file of a home."""
    path(home).unlink(missing_ok=True)


def homes() -> int:
    """How many homes have such a file on this machine."""
    return len(list(_DIRECTORY.glob("lampas-*")))
