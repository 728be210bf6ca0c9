"""Setup hooks: what names their work, and whether a deployment runs them, passes them over, or stops."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

RUN, SKIP, REFUSE = "run", "skip", "refuse"
RUNNING, DONE, FAILED, UNKNOWN, AGAIN = "running", "done", "failed", "unknown", "again"


def key(tree: str, hooks: Sequence[str]) -> str:
    """Names setup hooks with all of a release that they can depend on: one that has the same need not run them."""
    return hashlib.sha256(json.dumps([tree, list(hooks)]).encode()).hexdigest()


def decision(state: str | None, *, idempotent: bool) -> str:
    """What a deployment does.

    Args:
        state: How the hooks stand on this database; None: they never ran. "running" is one that nobody runs any more.
        idempotent: Whether interrupted hooks may simply run again.

    Returns:
        "run", "skip", or "refuse": somebody has to look how far they came.
    """
    if state == DONE:
        return SKIP
    if state in (RUNNING, UNKNOWN) and not idempotent:
        return REFUSE
    return RUN
