"""The repository `cluster`: configuration as code, there from the start."""

from __future__ import annotations

import contextlib

from lampas.core.history.ports import HistoryWriter
from lampas.core.names import CLUSTER
from lampas.errors import Conflict
from lampas.store import history

BRANCH = "main"

_README = b"""# cluster

What runs here, as code. Every change is a commit, whoever makes it: `lampas app create`, the console, or a push.

- `apps/NAME.toml` defines the application NAME, for code that should stay as its authors wrote it. The keys are those
  of a repository's own `lampas.toml`, with `repository = "..."` on top.
"""


def ensure(writer: HistoryWriter) -> None:
    """Makes the repository with its first commit, unless it is there. Call it outside of any transaction.

    It may be killed between its two steps, and run by two processes at once.
    """
    if not history.exists(CLUSTER):
        with contextlib.suppress(Conflict):
            writer.create(CLUSTER)
    if history.refs(CLUSTER):
        return
    try:
        writer.write(
            CLUSTER,
            BRANCH,
            {"README.md": _README, "apps/.keep": b""},
            message="cluster: begin",
            author="lampas",
            email="lampas@localhost",
            parent=None,
        )
    except Conflict:
        if not history.refs(CLUSTER):
            raise
