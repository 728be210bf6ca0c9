"""Where do applications answer?"""

from __future__ import annotations

from django.conf import settings


def application(name: str) -> str:
    """An application's address, whichever version answers."""
    return f"http://{name}.{_end()}/"


def version(name: str, number: int) -> str:
    """The address of one version."""
    return f"http://{name}-v{number}.{_end()}/"


def _end() -> str:
    return f"{settings.CONFIGURATION.domain}:{settings.CONFIGURATION.port}"
