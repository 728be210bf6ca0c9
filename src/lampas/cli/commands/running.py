"""Commands in a release's environment."""

from __future__ import annotations

import click

from lampas.cli.conversation import Conversation
from lampas.cli.session import Session, pass_session
from lampas.errors import InvalidInput


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--terminal/--no-terminal", default=None, help="Left out: where stdin and stdout are terminals.")
@click.argument("app")
@click.argument("number", type=int)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@pass_session
@click.pass_context
def run(
    context: click.Context, session: Session, app: str, number: int, command: tuple[str, ...], *, terminal: bool | None
) -> None:
    """Run a command in a release's environment: lampas run APP N -- CMD…

    Its input, output, terminal, signals and exit status are passed on. It ends with this program.
    """
    argv = list(command[1:] if command[0] == "--" else command)
    if not argv:
        raise InvalidInput("there is no command to run", "give one: lampas run APP N -- CMD…")
    conversation = Conversation(session.api, app, number, terminal=terminal)
    context.exit(conversation.hold(argv))


COMMANDS = (run,)
