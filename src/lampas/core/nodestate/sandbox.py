"""How something that a node runs once is confined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GIB = 1 << 30


@dataclass(frozen=True)
class Sandbox:
    """A place without network and without other processes, where nothing is seen but the system and what is named here.

    All that runs in it ends with it. It runs as the application's user, with a loopback of its own.

    Attributes:
        tree: "read": the release, read-only; "watched": the same, and what was read of `code/` is told; "copy": `code/`
            is a copy that may be written to, and what was read of it is told; "none": no release.
        data: The application's persistent directory: "scratch" (an empty one) or "live".
        seed: The sha256 of a tar archive that the node holds, which a scratch directory begins with; "": empty.
        pack: Whether the scratch directory is taken back, as such an archive, `data.tar`.
        inputs: Name → sha256 of content that the node holds: it stands read-only in `/inputs`.
        output: Whether what is left behind is taken back: for "copy" the regular files under `code/` that are new or
            changed, else those in `/output`.
        database: The port on 127.0.0.1 where MariaDB is found; 0: there is no way to it.
        memory: Bytes that each process may hold.
        processes: Processes and threads at one time.
        file: Bytes of one file.
        disk: Bytes that each scratch place may hold: `code/`, `/tmp`, `/output`, the persistent directory.
    """

    tree: str = "read"
    data: str = "scratch"
    seed: str = ""
    pack: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)
    output: bool = False
    database: int = 0
    memory: int = 4 * GIB
    processes: int = 256
    file: int = GIB
    disk: int = GIB


@dataclass(frozen=True)
class Proof:
    """What a verification tries, in this order: setup hooks, the start, requests, a test.

    Attributes:
        setup: Setup hooks, each a command's words.
        requests: Paths that are asked for by GET, in the process that started; none may be answered by 5xx or raise.
        host: The host that they are asked of.
        test: A command that must end with 0; empty for none.
    """

    setup: tuple[tuple[str, ...], ...] = ()
    requests: tuple[str, ...] = ()
    host: str = "localhost"
    test: tuple[str, ...] = ()
