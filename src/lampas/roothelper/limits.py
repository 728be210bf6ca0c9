"""Bounds that the kernel holds for a command and all that it starts."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Mapping
from pathlib import Path

from lampas.core.nodestate import Sandbox

# Interpreters reserve far more addresses than they use, so what is held is bounded tightly and addresses loosely.
_ADDRESSES = 8


def of(sandbox: Sandbox, user: int) -> dict[int, int]:
    """RLIMIT number → bound.

    The kernel counts a user's processes on the whole machine where namespaces are made by root, and the application's
    units are of the same user: what runs already is added to the bound.

    Args:
        sandbox: The bounds that were asked for.
        user: The Unix user that will run.
    """
    return {
        resource.RLIMIT_DATA: sandbox.memory,
        resource.RLIMIT_AS: sandbox.memory * _ADDRESSES,
        resource.RLIMIT_NPROC: _tasks(user) + sandbox.processes,
        resource.RLIMIT_FSIZE: sandbox.file,
        resource.RLIMIT_CORE: 0,
    }


def hold(bounds: Mapping[int, int]) -> None:
    """Puts them on this process; a lower bound that it has already stays."""
    for what, most in bounds.items():
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def _tasks(user: int) -> int:
    """How many processes and threads a user has."""
    found = 0
    for directory in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if directory.name.isdigit() and directory.stat().st_uid == user:
                found += len(os.listdir(directory / "task"))  # noqa: PTH208 - counted alone
    return found
