"""The entry: options that go anywhere, the commands, and errors as one line with an exit status.

Exit 0 ok, 1 failure, 2 usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from lampas.cli.commands import COMMANDS
from lampas.cli.output import Output
from lampas.cli.session import Session
from lampas.errors import LampasError
from lampas.host.commands import COMMANDS as ON_THIS_MACHINE

FAILURE = 1
USAGE = 2
EXIT: dict[type[LampasError], int] = {LampasError: FAILURE}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--home", metavar="DIR", help="The home of a node on this machine (else LAMPAS_HOME).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document. It may stand behind the command too.")
@click.pass_context
def cli(context: click.Context, home: str | None, *, as_json: bool) -> None:
    """LAMPAS: code, releases and nodes in one database."""
    context.obj = Session(home, as_json=as_json)
    # The commands of this machine have options of the same names, for they know nothing of this group.
    context.default_map = {command.name or "": {"as_json": as_json, "home": home} for command in ON_THIS_MACHINE}


for _command in (*COMMANDS, *ON_THIS_MACHINE):
    cli.add_command(_command)


def gather(arguments: Sequence[str]) -> list[str]:
    """Moves `--json` and `--home DIR` to the front, wherever they stand before a `--`."""
    front: list[str] = []
    rest: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word == "--":
            rest += [word, *words]
            break
        if word == "--json":
            front = [*front, word] if word not in front else front
        elif word == "--home" and words:
            front += [word, words.pop(0)]
        elif word.startswith("--home="):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits with its status."""
    words = gather(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Runs one command and returns its exit status."""
    out = Output(as_json="--json" in words[: words.index("--") if "--" in words else len(words)])
    try:
        status = cli.main(args=list(words), prog_name="lampas", standalone_mode=False)
    except LampasError as error:
        out.error(error)
        return next(EXIT[family] for family in type(error).__mro__ if family in EXIT)
    except click.ClickException as error:
        if out.json:
            out.emit({"error": {"code": "usage", "message": error.format_message(), "remedy": "see: lampas --help"}})
        else:
            error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        out.say("lampas: stopped")
        return FAILURE
    except BrokenPipeError:
        return FAILURE
    return status if isinstance(status, int) else 0
