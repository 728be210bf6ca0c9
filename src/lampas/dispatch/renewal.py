"""Has units renewed whose content has changed."""

from __future__ import annotations

from lampas.dispatch import sending, wanted


def renew(app: str, progress: sending.Progress) -> None:
    """Has every unit of an application run with what it should be told now.

    Raises:
        Failed: One of them does not start with it; everything is as it was.
        Unreachable: A node does not answer.
    """
    found = wanted.everything().get(app)
    if found is not None:
        sending.send(found, progress)
