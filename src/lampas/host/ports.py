"""TCP ports of this machine: which are free, and who has those that are not."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Collection
from pathlib import Path

from lampas.errors import Conflict

SLOTS_BEGIN = 18_200  # of the usual home
SLOTS = 256  # the loopback ports of one node for release units
_OWN_RANGE = range(20_000, 32_000)  # not 3306, not the ports of release units, not the kernel's for clients


class PortTaken(Conflict):
    """A port that LAMPAS should listen on belongs to another program."""

    def __init__(self, port: int, option: str) -> None:
        by = "".join(f" by {name_of(pid)}" for pid in holders(port)[:1])
        super().__init__(
            f"port {port} is taken{by}; nothing was changed",
            f"stop that program, or choose another port with {option}",
        )
        self.port = port


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free(but: Collection[int] = ()) -> int:
    """A loopback port that is free now, below the range from which the kernel gives client connections theirs.

    Args:
        but: Ports not to choose.

    Raises:
        Conflict: There is none.
    """
    candidates = list(_OWN_RANGE)
    random.shuffle(candidates)  # two nodes that are set up at once should not want the same
    for port in candidates:
        if port not in but and is_free("127.0.0.1", port):
            return port
    raise Conflict("no loopback port is free", "end programs that listen on loopback")


def holders(port: int) -> list[int]:
    """The pids of the programs that listen on a port, as far as this user may see them."""
    inodes = {f"socket:[{inode}]" for inode in _listening(port)}
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _has(path, inodes)]


def name_of(pid: int) -> str:
    """A program's name and pid, for people."""
    with contextlib.suppress(OSError):
        return f"{Path(f'/proc/{pid}/comm').read_text().strip()} (pid {pid})"
    return f"pid {pid}"


def _has(process: Path, inodes: set[str]) -> bool:
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) in inodes:
                    return True
    return False


def _listening(port: int) -> list[str]:
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    found.append(fields[9])
    return found


def free_slots() -> int:
    """The first of a block of loopback ports for release units, in which nothing listens now."""
    blocks = list(range(10_000, 18_000, SLOTS))
    random.shuffle(blocks)  # two nodes that are set up at once should not want the same
    for first in blocks:
        if slots_are_free(first):
            return first
    raise Conflict("no block of loopback ports is free", "end programs that listen on loopback")


def slots_are_free(first: int) -> bool:
    """Whether nothing listens on the loopback ports of a block of slots."""
    return all(is_free("127.0.0.1", port) for port in range(first, first + SLOTS))
