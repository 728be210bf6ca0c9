"""Where git's files stand, and the environment in which git runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from lampas.process import clean_environment


class Places(Protocol):
    """What of the server's configuration this package needs."""

    @property
    def cache(self) -> str:
        """The directory of disposable caches."""

    @property
    def scratch(self) -> str:
        """A directory for temporary files on the same file system."""


def caches(places: Places) -> Path:
    """The directory in which the cached repositories stand."""
    return Path(places.cache) / "git"


def scratch(places: Places) -> Path:
    """The directory for what lives as long as one request; made if it is missing."""
    path = Path(places.scratch)
    path.mkdir(parents=True, exist_ok=True)
    return path


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of every git: no configuration of the machine or of a person, no prompts, fixed language."""
    fixed = {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ATTR_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }
    return {**clean_environment(), **fixed, **(extra or {})}
