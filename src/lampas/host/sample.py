"""The sample application of a new node."""

from __future__ import annotations

from collections.abc import Callable

from lampas.host.layout import Layout
from lampas.host.secrets import Secrets
from lampas.host.settings import Settings


def ensure(layout: Layout, settings: Settings, secrets: Secrets, say: Callable[[str], None]) -> tuple[str, ...]:
    """Makes it if it is not there; returns the host labels on which it answers."""
    del layout, settings, secrets, say
    return ()
