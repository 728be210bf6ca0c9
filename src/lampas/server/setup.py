"""What `lampas up` has the server do: tables, the local administrator, the node's own row. Run as a program.

    LAMPAS_SERVER=… python -m lampas.server.setup < request.json > answer.json

The request is a JSON object {"operator_token", "address", "roles", "key", "resend"}; the answer is {"login"}: the
secret part of a one-time login link. It may run at any time and as often as one likes: what is there stays as it is.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass

import django
from django.core.management import call_command
from django.db import connections

ADMINISTRATOR = "admin"


@dataclass(frozen=True, repr=False)
class Request:
    """What `up` asks for.

    Attributes:
        operator_token: The secret of the token that the command line on this machine uses.
        address: host:port of this node's Management Interface.
        roles: The roles of this node.
        key: The public key that secrets are sealed to for this node, in hexadecimal.
        resend: Whether nodes are to be sent their state again, once the worker runs.
    """

    operator_token: str
    address: str
    roles: tuple[str, ...]
    key: str
    resend: bool


def main() -> None:
    """Reads the request, does it, writes the answer."""
    raw = json.load(sys.stdin)
    request = Request(**{**raw, "roles": tuple(raw["roles"])})
    os.environ["DJANGO_SETTINGS_MODULE"] = "lampas.server.settings"
    django.setup()
    json.dump({"login": perform(request)}, sys.stdout)


def perform(request: Request) -> str:
    """Makes what is missing, and a login link; returns the link's secret part."""
    from lampas.server import firstrun  # models can be imported once Django is set up

    call_command("migrate", verbosity=0, interactive=False)
    firstrun.administrator(ADMINISTRATOR)
    firstrun.operator_token(ADMINISTRATOR, request.operator_token)
    firstrun.node(request.address, request.roles, request.key)
    firstrun.repository()
    if request.resend:
        firstrun.resend(ADMINISTRATOR)
    link = firstrun.login_link(ADMINISTRATOR)
    connections.close_all()
    return link


if __name__ == "__main__":
    main()
