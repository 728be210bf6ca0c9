"""How the agent may call the helper: the one line of sudoers, as text."""

from __future__ import annotations

import re

from lampas.errors import InvalidInput

_PATH = re.compile(r"(?:/[A-Za-z0-9._+-]+)+")
PYTHON = "/usr/bin/python3"


def command(home: str) -> list[str]:
    """The command that starts the helper of a home, as root or as a plain user."""
    return [PYTHON, "-I", "-S", f"{home}/software/current/lampas/roothelper/helper.py"]


def sudoers(home: str, user: str = "lampas") -> str:
    """The sudoers file that lets the agent's user start the helper, with exactly these arguments.

    All requests go over stdin, so there is no wildcard. Requests come often: nothing is logged for each but what
    sudo always does, and no session is opened.

    Raises:
        InvalidInput: The home's path holds a character that sudoers would read as something else.
    """
    if not _PATH.fullmatch(home) or not re.fullmatch(r"[a-z][a-z0-9-]*", user):
        raise InvalidInput(f"{home!r} cannot stand in sudoers", "use a home of letters, digits and . _ + -")
    return (
        f"# Written by LAMPAS: the agent's user may start the root helper, and nothing else.\n"
        f"Defaults:{user} !requiretty, !pam_session\n"
        f"{user} ALL=(root) NOPASSWD: {' '.join(command(home))}\n"
    )
