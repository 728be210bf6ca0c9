"""Starting what does not run and restarting what changed, in an order in which nothing meets what it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

from lampas import process
from lampas.errors import Failed
from lampas.host import database, keeping, programs, users
from lampas.host.layout import Layout
from lampas.host.programs import DATABASE
from lampas.host.secrets import Secrets
from lampas.host.settings import Settings
from lampas.host.supervisor import Program
from lampas.host.users import as_user
from lampas.vault import node_key

ROLES = tuple(programs.ROLES)
_DATABASE_SECONDS = 120.0  # recovery after a power cut may take a while


def start(layout: Layout, settings: Settings, secrets: Secrets) -> str:
    """Starts the node; returns the secret part of a login link.

    The server's processes wait for its tables: with new software they start after the tables were brought up to it.
    """
    if layout.set_up.exists() and layout.set_up.read_text() == settings.software:
        keeping.configure(layout, settings, every(layout, settings))
        keeping.start(layout, settings)
    start_database(layout, settings)
    login = set_up(layout, settings, secrets)
    layout.set_up.write_text(settings.software)
    keeping.configure(layout, settings, every(layout, settings))
    keeping.everything(layout)
    return login


def tell(layout: Layout, settings: Settings, secrets: Secrets) -> None:
    """Has what runs here sent again, if a setting has changed that it is rendered from, or LAMPAS itself: units that
    would be made otherwise now are renewed, each by one beside it. The worker and the agent run.

    What was told last stands in a file; a new node has nothing to be told.
    """
    now = f"{settings.domain} {settings.port} {settings.first_slot} {settings.software}\n"
    if layout.told.exists() and layout.told.read_text() != now:
        set_up(layout, settings, secrets, resend=True)
    layout.told.write_text(now)


def every(layout: Layout, settings: Settings) -> list[Program]:
    """All programs of the node."""
    return programs.programs(layout, settings, users.accounts(settings.isolation, settings.owner))


def start_database(layout: Layout, settings: Settings) -> None:
    """Has the supervisor run, with the database; what else it keeps goes on as it is.

    Raises:
        Unreachable: MariaDB does not answer.
    """
    if not keeping.answers(layout):
        keeping.configure(layout, settings, [one for one in every(layout, settings) if one.name == DATABASE])
        keeping.start(layout, settings)
    keeping.ensure(layout, DATABASE)
    database.wait(layout.database_socket, _DATABASE_SECONDS, layout.logs / f"{DATABASE}.log")


def set_up(layout: Layout, settings: Settings, secrets: Secrets, *, resend: bool = False) -> str:
    """Has the server make its tables and first rows; returns the secret part of a login link.

    Raises:
        Failed: It could not.
    """
    request = {
        "operator_token": secrets.operator,
        "address": f"127.0.0.1:{settings.agent_port}",
        "roles": list(ROLES),
        "key": node_key(bytes.fromhex(layout.node_key.read_text().strip())).public.hex(),
        "resend": resend,
    }
    who = users.accounts(settings.isolation, settings.owner)
    words = as_user(who.console, [settings.python, "-P", "-m", "lampas.server.setup"])
    env = programs.server_environment(layout, settings)
    answer = process.check(words, stdin=json.dumps(request).encode(), cwd=Path("/"), env=env, timeout=300)
    try:
        return str(json.loads(answer)["login"])
    except (ValueError, KeyError) as error:
        raise Failed("the server's set-up did not answer", f"see {layout.logs}") from error
