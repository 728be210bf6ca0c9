"""The programs and places that builds use, from the server's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

HOSTED_PYTHON = "/usr/bin/python3"  # Debian's own: its mod_wsgi is linked to it


@dataclass(frozen=True)
class Tools:
    """Where uv is, where it may cache, where temporary files go, which package index it asks ("": its own), what
    hosts of applications end in, and where CPAN is ("": nowhere)."""

    uv: str
    uv_cache: Path
    scratch: Path
    index_url: str
    domain: str
    cpan_mirror: str


def tools() -> Tools:
    """The tools of this server; its directories are made if they are missing."""
    found: Any = settings.CONFIGURATION
    made = Tools(found.uv, Path(found.uv_cache), Path(found.scratch), found.index_url, found.domain, found.cpan_mirror)
    made.scratch.mkdir(parents=True, exist_ok=True)
    return made
