"""Which secrets does an application have, who set them, and when? Never what they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lampas.core.names import AppName
from lampas.store import secrets
from lampas.store.models import Release


@dataclass(frozen=True)
class SecretRow:
    """A secret that is set. `hides_setting`: the newest release has a variable of this name too; the secret wins."""

    name: str
    actor: str
    since: datetime
    hides_setting: bool


def of(app: AppName) -> list[SecretRow]:
    """All of an application, by name."""
    newest = Release.objects.filter(application__name=app).order_by("-number").values_list("env", flat=True).first()
    return [SecretRow(each.name, each.actor, each.since, each.name in (newest or {})) for each in secrets.names(app)]
