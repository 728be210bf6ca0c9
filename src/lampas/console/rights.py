"""Why a button is off: for each permission, what stands in the way of whoever looks."""

from __future__ import annotations

from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName

_ASKED = (Permission.CODE, Permission.BUILD, Permission.DEPLOY, Permission.DATABASES)


def reasons(who: Actor, app: AppName) -> dict[str, str]:
    """For each permission on an application: "" where it is held, else why the buttons that need it are off."""
    return {
        str(item): "" if who.may(item, app) else f"It takes the permission “{item}” on {app}, which you do not have."
        for item in _ASKED
    }
