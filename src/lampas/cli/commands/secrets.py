"""Secrets of applications. Values come over standard input and never out again."""

from __future__ import annotations

import sys
from typing import Any

import click

from lampas.cli.progress import wait
from lampas.cli.session import Session, pass_session
from lampas.errors import InvalidInput

_MOST = 256 << 10  # bytes that are read at most; the server says what is too long


@click.group()
def secret() -> None:
    """Secrets of an application: variables of its environment that are kept sealed and never shown."""


@secret.command("set")
@click.argument("app")
@click.argument("name")
@pass_session
def set_secret(session: Session, app: str, name: str) -> None:
    """Set a secret; its value comes on standard input, or is asked for on a terminal.

    The line break at the end of a single line is not part of the value; a value of several lines is kept as it is.
    """
    _tell(session, name, session.api.ask("PUT", f"/applications/{app}/secrets/{name}", body={"value": _value()}))


@secret.command("list")
@click.argument("app")
@pass_session
def list_secrets(session: Session, app: str) -> None:
    """Names, who set them, and when."""
    rows = session.api.get(f"/applications/{app}/secrets")["secrets"]
    session.out.rows("secrets", rows, ("name", "actor", "since", "hides_setting"), empty=f"{app} has no secrets")


@secret.command("unset")
@click.argument("app")
@click.argument("name")
@pass_session
def unset_secret(session: Session, app: str, name: str) -> None:
    """Take a secret away."""
    _tell(session, name, session.api.ask("DELETE", f"/applications/{app}/secrets/{name}"), gone=True)


def _value() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Value", hide_input=True, confirmation_prompt=True, err=True))
    data = sys.stdin.buffer.read(_MOST + 1)
    try:
        value = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("the value is not text in UTF-8", "encode it, in base64 for example") from error
    if len(data) > _MOST:
        raise InvalidInput("the value is far too long for a secret", "keep it in a file instead")
    return value[:-1] if value.endswith("\n") and value.count("\n") == 1 else value


def _tell(session: Session, name: str, done: dict[str, Any], *, gone: bool = False) -> None:
    said = [f"{name} is {'taken away' if gone else 'set'}"]
    if done["hides_setting"]:
        said.append(f"it wins over the setting {name} in the definition")
    result: dict[str, Any] = {"app": done["app"], "name": name, "hides_setting": done["hides_setting"], "renewed": []}
    if done["operation"] is None:
        said.append("nothing runs; it counts from the next start")
    else:
        result |= wait(session, done)
        said += [f"version {number} runs with the change" for number in result["renewed"]]
        said += [f"version {each['number']} goes on without it: {each['error']}" for each in result["failed"]]
    session.out.document(result, *said)


COMMANDS = (secret,)
