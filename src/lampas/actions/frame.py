"""The frame that every action runs in: one permission, one transaction, one audit row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from django.db import transaction

from lampas.core.accounts import Actor, Permission
from lampas.core.names import AppName
from lampas.errors import Denied
from lampas.store import audit

Result = TypeVar("Result")


class Action(ABC, Generic[Result]):
    """One use case. A concrete action is a frozen dataclass of its input, in a file of its own.

    Attributes:
        name: What the audit row calls it, `release.build`.
        permission: The one permission that it asks for.
        long: Whether `perform` only commits the intent (an `Operation`); the worker then records the outcome.
    """

    name: ClassVar[str]
    permission: ClassVar[Permission]
    long: ClassVar[bool] = False

    @property
    def application(self) -> AppName | None:
        """The application that the permission is asked for; None: on everything."""
        return None

    @property
    @abstractmethod
    def subject(self) -> str:
        """What it acts on, for the audit row."""

    @property
    def detail(self) -> Mapping[str, Any]:
        """Further facts for the audit row. Never a secret."""
        return {}

    @abstractmethod
    def perform(self, actor: Actor) -> Result:
        """Does it, inside the frame's transaction."""


class OnApplication(Action[Result]):
    """An action on one application, its field `app`."""

    app: AppName

    @property
    def application(self) -> AppName:
        """The application."""
        return self.app

    @property
    def subject(self) -> str:
        """The application."""
        return self.app


class OnRelease(OnApplication[Result]):
    """An action on one release of an application, its fields `app` and `number`."""

    number: int

    @property
    def subject(self) -> str:
        """The release."""
        return f"{self.app}/{self.number}"


def perform(action: Action[Result], actor: Actor) -> Result:
    """Runs an action: checks its permission, performs it and writes its audit row, all or nothing.

    Raises:
        Denied: The actor may not; the attempt is in the audit.
        LampasError: What the action raises; nothing has changed then.
    """
    try:
        actor.must(action.permission, action.application)
    except Denied:
        _record(action, actor, "denied")
        raise
    with transaction.atomic():
        result = action.perform(actor)
        _record(action, actor, "started" if action.long else "done")
    return result


def _record(action: Action[Any], actor: Actor, outcome: str) -> None:
    audit.append(
        actor=actor.name,
        door=actor.door,
        action=action.name,
        subject=action.subject,
        application=action.application or "",
        detail=dict(action.detail),
        outcome=outcome,
    )
