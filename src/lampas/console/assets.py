"""The addresses of static files: they carry the digest of the content, so that a new one is never mixed with an old."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders


@lru_cache(maxsize=256)
def address(name: str) -> str:
    """The URL of a static file.

    Raises:
        LookupError: There is no such file.
    """
    found = finders.find(name)
    if not isinstance(found, str):
        raise LookupError(f"no static file {name}")
    return f"{settings.STATIC_URL}{name}?v={hashlib.sha256(Path(found).read_bytes()).hexdigest()[:16]}"
