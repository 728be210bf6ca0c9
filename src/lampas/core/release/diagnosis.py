"""What the log of a start that failed says about modules."""

from __future__ import annotations

import re

_MISSING = re.compile(r"^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?", re.MULTILINE)
_SHOWN = 20


def missing_modules(log: str) -> tuple[str, ...]:
    """The modules that Python did not find, each once, in the order of the log."""
    return tuple(dict.fromkeys(_MISSING.findall(log)))[:_SHOWN]
