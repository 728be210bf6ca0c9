"""Secrets of applications behind the vault: their values enter and leave here, and stand nowhere else in clear."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models.functions import Length

from lampas.core.definition.secrets import TOGETHER
from lampas.core.names import AppName
from lampas.errors import Conflict
from lampas.store.models import Application, SecretRow
from lampas.store.vaults import the_vault


@dataclass(frozen=True)
class SecretName:
    """That a secret is set, by whom and when; never its value."""

    name: str
    actor: str
    since: datetime


def put(app: AppName, name: str, value: str, actor: str) -> None:
    """Sets a secret, in the caller's transaction.

    Raises:
        Conflict: The application's secrets are too long together.
    """
    application = Application.objects.select_for_update().get(name=app)
    others = SecretRow.objects.filter(application=application).exclude(name=name)
    length = sum(others.annotate(bytes=Length("sealed")).values_list("bytes", flat=True)) + len(value.encode())
    if length > TOGETHER:
        raise Conflict(
            f"the secrets of {app} would have {length} bytes together, and {TOGETHER} is the most",
            "take away what is not needed: lampas secret unset, or keep large ones in a file",
        )
    sealed = the_vault().seal(value.encode(), _context(app, name))
    SecretRow.objects.update_or_create(
        application=application,
        name=name,
        defaults={"sealed": sealed, "actor": actor, "since": datetime.now(UTC)},
    )


def forget(app: AppName, names: Collection[str]) -> None:
    """Takes secrets away, in the caller's transaction."""
    SecretRow.objects.filter(application__name=app, name__in=list(names)).delete()


def names(app: AppName) -> list[SecretName]:
    """What is set, by name."""
    rows = SecretRow.objects.filter(application__name=app).order_by("name").values_list("name", "actor", "since")
    return [SecretName(*row) for row in rows]


def opened(apps: Collection[str]) -> dict[str, dict[str, str]]:
    """The secrets of some applications in clear, application → name → value, for the environments of processes.

    Raises:
        NotOpened: The vault's key is not the one that sealed them, or a row was altered.
    """
    found: dict[str, dict[str, str]] = {app: {} for app in apps}
    rows = SecretRow.objects.filter(application__name__in=list(apps)).order_by("name")
    for app, name, sealed in rows.values_list("application__name", "name", "sealed"):
        found[app][name] = the_vault().open(bytes(sealed), _context(app, name)).decode()
    return found


def _context(app: str, name: str) -> str:
    return f"secret {app} {name}"
