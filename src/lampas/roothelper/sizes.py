"""How much of the disk an application's data takes; nobody but its own user can look."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lampas.core.nodestate import Places
from lampas.roothelper import accounts

_BLOCK = 512  # bytes that st_blocks counts


def of_data(home: str, app: str, *, as_root: bool) -> dict[str, Any]:
    """Bytes on disk of each persistent directory of an application, and of what else stands beside them ("").

    Links are counted, not followed; a file of several names counts once.

    Args:
        home: LAMPAS's home.
        app: The application.
        as_root: Whether it has a Unix user of its own.

    Returns:
        {"sizes": {directory: bytes}}; nothing where it has no data.
    """
    read, write = os.pipe()
    data = Path(Places(home).data(app))

    def work() -> None:
        sizes = {"": 0, **{entry.name: 0 for entry in data.iterdir() if entry.is_dir() and not entry.is_symlink()}}
        seen: set[tuple[int, int]] = set()
        for base, directories, files in os.walk(data):
            top = Path(base).relative_to(data).parts[:1]
            for name in [*files, *directories]:
                found = os.lstat(f"{base}/{name}")
                if (found.st_dev, found.st_ino) not in seen:
                    seen.add((found.st_dev, found.st_ino))
                    where = top[0] if top else name if name in sizes else ""
                    sizes[where] += found.st_blocks * _BLOCK
        text = "\0".join(f"{name}\0{size}" for name, size in sorted(sizes.items()))
        os.write(write, os.fsencode(text)[:65536])

    try:
        if data.is_dir():
            accounts.as_application(app, work, as_root=as_root)
        os.close(write)
        write = -1
        with os.fdopen(read, "rb", closefd=False) as pipe:
            words = pipe.read().decode(errors="replace").split("\0")
        pairs = zip(words[::2], words[1::2], strict=False)
        return {"sizes": {name: int(size) for name, size in pairs if size.isdigit()}}
    finally:
        os.close(read)
        if write >= 0:
            os.close(write)
