"""What may somebody see? The one place where lists are cut to what their reader may view."""

from __future__ import annotations

from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName


def visible(actor: Actor, application: str | None = None) -> list[str] | None:
    """The applications that a list may show.

    Args:
        actor: Who reads.
        application: The one that was asked for; None: all.

    Returns:
        Names; None: every application.
    """
    if application is not None:
        return [application] if actor.may(Permission.VIEW, AppName(application)) else []
    if actor.may(Permission.VIEW):
        return None
    held = {item.application for item in actor.held if item.application is not None}
    return sorted(name for name in held if actor.may(Permission.VIEW, name))
