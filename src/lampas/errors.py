"""The families of errors. Concrete errors stand beside what raises them and derive from one of these.

Every error says what is wrong (`message`) and what to do (`remedy`), and carries its data as attributes.
The families are mapped to HTTP statuses in `api/problems.py` and to exit codes in `cli/main.py`, once each.
"""

from __future__ import annotations


class LampasError(Exception):
    """An error that a person can act on.

    Args:
        message: One line: what is wrong. Never holds a secret.
        remedy: One line: what to do about it; empty where the message says it already.
    """

    code = "error"

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class InvalidInput(LampasError):
    """What was given cannot be used as it is."""

    code = "invalid-input"


class NotFound(LampasError):
    """What was named does not exist, or the one who asks may not know that it does."""

    code = "not-found"


class Conflict(LampasError):
    """What was asked does not fit what is stored now: it exists already, or somebody was faster."""

    code = "conflict"


class Unresolved(LampasError):
    """A name, a requirement or a dependency leads nowhere."""

    code = "unresolved"


class Unreachable(LampasError):
    """A process, a node or the database does not answer."""

    code = "unreachable"


class UnsafePlan(LampasError):
    """A plan was refused because carrying it out could lose something."""

    code = "unsafe-plan"


class Denied(LampasError):
    """The one who asks may not do this."""

    code = "denied"


class Failed(LampasError):
    """A program, a build or a release did what it was told and failed; `message` quotes its last words."""

    code = "failed"
