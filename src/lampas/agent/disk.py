"""What takes the node's disk: of each application its code, distributions, data and logs; content that is shared."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lampas.agent import documents
from lampas.agent.configuration import AgentConfiguration
from lampas.agent.helper import Helper
from lampas.errors import LampasError

_BLOCK = 512  # bytes that st_blocks counts
Inodes = dict[tuple[int, int], int]  # (device, inode) → bytes on the disk


def measured(configuration: AgentConfiguration, app: str = "") -> dict[str, Any]:
    """Bytes on the disk. A file of several names counts once wherever it is counted.

    Args:
        configuration: The agent's.
        app: This application alone; "": all.

    Returns:
        {"apps": [{app, code, distributions, data, logs}], "distributions", "store", "total", "free"}: an application's
        `distributions` are those that it uses, all applications' together count each once, and `store` is what stands
        in the node's store beside them. `data` is {directory: bytes}, "" for what stands in none; None where the
        application has no data. `total` and `free` are the file system's.
    """
    home = Path(configuration.home)
    names = [app] if app else sorted({*_names(home / "agent/apps"), *_names(home / "data")})
    held: Inodes = {}
    distributions: Inodes = {}
    rows = []
    with Helper(configuration.helper_command) as helper:
        for name in names:
            code, theirs = _release_trees(home / "agent/apps" / name / "releases")
            held |= code
            distributions |= theirs
            rows.append(
                {
                    "app": name,
                    "code": sum(code.values()),
                    "distributions": sum(theirs.values()),
                    "data": _data(helper, home, name),
                    "logs": sum(_inodes([Path(configuration.places.logs(name))]).values()),
                }
            )
    store = _inodes([configuration.agent / "store"])
    beside = sum(size for key, size in store.items() if key not in held and key not in distributions)
    usage = shutil.disk_usage(home)
    return {
        "apps": rows,
        "distributions": sum(distributions.values()),
        "store": beside,
        "total": usage.total,
        "free": usage.free,
    }


def _release_trees(directory: Path) -> tuple[Inodes, Inodes]:
    """What the code of an application's releases takes, and what their environments do."""
    releases = [directory / name for name in _names(directory)]
    return _inodes([each / "code" for each in releases]), _inodes([each / "env" for each in releases])


def _data(helper: Helper, home: Path, app: str) -> dict[str, int] | None:
    if not documents.is_app(app) or not (home / "data" / app).is_dir():
        return None
    try:
        return {str(name): int(size) for name, size in helper.ask("data-size", app)["sizes"].items()}
    except LampasError:  # its user has gone
        return {}


def _inodes(directories: Iterable[Path]) -> Inodes:
    found: Inodes = {}
    waiting = [str(path) for path in directories]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    found[status.st_dev, status.st_ino] = status.st_blocks * _BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue  # it was removed meanwhile
    return found


def _names(directory: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(directory) if not name.startswith("."))  # noqa: PTH208 - names alone
    except OSError:
        return []
