"""Puts everything into a home that its processes need. It may run again at any time; what is right already stays."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lampas.host import authority, database, front, secrets, software, sudoers, users
from lampas.host.layout import Layout
from lampas.host.secrets import Secrets
from lampas.host.settings import USERS, Settings, write
from lampas.host.users import Accounts, directory, own
from lampas.pki import write_private, write_public
from lampas.roothelper import rules

_PASSED_ON = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)


def node_name() -> str:
    """What a new node is called: this machine's name."""
    return socket.gethostname().split(".")[0].lower() or "node"


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Of an environment, what LAMPAS's own processes get: where certificates and proxies are."""
    return {name: environment[name] for name in _PASSED_ON if environment.get(name)}


def everything(layout: Layout, settings: Settings) -> tuple[Settings, Secrets]:
    """Makes users, directories, secrets, certificates, the copy of the package and all configuration files.

    Returns:
        The settings as they are now written, and the secrets.
    """
    layout.home.mkdir(parents=True, exist_ok=True)
    layout.home.chmod(0o755)
    write(layout.settings, settings)  # first, so that an interrupted set-up leaves a home that `destroy` knows
    who = users.accounts(settings.isolation, settings.owner)
    if settings.isolation == USERS:
        made = users.ensure(who.all)
        settings = replace(settings, users=tuple(dict.fromkeys([*settings.users, *made])))
        write(layout.settings, settings)
    directories(layout, settings, who)
    made_secrets = secrets.ensure(layout.vault)
    operator(layout, made_secrets)
    settings = replace(settings, software=software.install(software.package(), layout.software))
    software.switch(layout.software, settings.software)
    authority.ensure(layout, settings.node, who.console, who.agent)
    configuration(layout, settings, made_secrets, who)
    front.install(layout, settings, made_secrets.front, who.front, who.agent)
    if settings.isolation == USERS:
        sudoers.install(layout.home, who.agent)
    database.initialise(layout, who.database, made_secrets.database_password)
    write(layout.settings, settings)
    return settings, made_secrets


def directories(layout: Layout, settings: Settings, who: Accounts) -> None:
    """All directories, each with its owner and mode."""
    root = settings.owner
    for path in (layout.software, layout.front, layout.run, layout.data, layout.logs / "apps", layout.run / "apps"):
        directory(path, root, 0o755)
    for path in (layout.pki, layout.supervisor, layout.units):
        directory(path, root, 0o700)
    directory(layout.secrets, root, 0o711)  # the server and the agent pass through to what is theirs
    directory(layout.logs, root, 0o751, who.agent if settings.isolation == USERS else None)
    directory(layout.server, who.console, 0o700)
    directory(layout.agent_secrets, who.agent, 0o700)
    for path in (layout.database, layout.database / "binlog", layout.database / "tmp"):
        directory(path, who.database, 0o700)
    socket_group = who.console if settings.isolation == USERS else None
    directory(layout.run / "database", who.database, 0o750, socket_group)
    for path in (layout.console, *(layout.console / name for name in ("cache", "scratch", "uv", "tmp"))):
        directory(path, who.console, 0o700)
    directory(layout.run / "console", who.console, 0o700)
    directory(layout.run / "front", who.front, 0o700)
    front_group = who.front if settings.isolation == USERS else None
    for path in (layout.maps, layout.static):  # keys.txt and static files are for the front alone
        directory(path, who.agent, 0o2750, front_group)
    for path in (layout.agent, layout.apps):
        directory(path, who.agent, 0o755)
    for name in ("store", "journal", "state"):
        directory(layout.agent / name, who.agent, 0o700)
    directory(layout.run / "agent", who.agent, 0o700)
    for name in ("front.log", "front-access.log"):  # the front opens these itself
        (layout.logs / name).touch()
        own(layout.logs / name, who.front, 0o640, who.agent if settings.isolation == USERS else None)


def operator(layout: Layout, made: Secrets) -> None:
    """The file with the token of the command line on this machine."""
    text = made.operator.encode() + b"\n"
    if not layout.operator_token.exists() or layout.operator_token.read_bytes() != text:
        write_private(layout.operator_token, text)


def configuration(layout: Layout, settings: Settings, made: Secrets, who: Accounts) -> None:
    """The configuration files of database, server and agent; each is written when it differs."""
    _keep(layout.my_cnf, database.my_cnf(layout, settings.database_port), who.database, 0o600)
    _keep(layout.server_json, _json(server(layout, settings, made)), who.console, 0o600)
    _keep(layout.agent_json, _json(agent(layout, settings, made)), who.agent, 0o600)


def server(layout: Layout, settings: Settings, made: Secrets) -> dict[str, Any]:
    """The content of server.json: lampas.server.configuration.Configuration."""
    return {
        "node": settings.node,
        "home": str(layout.home),
        "domain": settings.domain,
        "port": settings.port,
        "console_port": settings.console_port,
        "bind": settings.bind,
        "database": {
            "socket": str(layout.database_socket),
            "name": database.NAME,
            "user": database.USER,
            "password": made.database_password,
        },
        "secret_key": made.secret_key,
        "cache": str(layout.console / "cache"),
        "scratch": str(layout.console / "scratch"),
        "uv_cache": str(layout.console / "uv"),
        "uv": str(Path(settings.python).parent / "uv"),
        "client_certificate": str(layout.server / "client.crt"),
        "client_key": str(layout.server / "client.key"),
        "nodes_ca": str(layout.server / "nodes-ca.crt"),
        "signing_key": str(layout.server / "signing.key"),
        "vault_key": str(layout.vault_key),
        "doorbell": str(layout.doorbell),
        "front_secret": made.front,
        "isolation": settings.isolation,
        "index_url": settings.index_url,
        "cpan_mirror": settings.cpan_mirror,
        "first_slot": settings.first_slot,
        "database_port": settings.database_port,
    }


def agent(layout: Layout, settings: Settings, made: Secrets) -> dict[str, Any]:
    """The content of agent.json: the agent's configuration."""
    return {
        "node": settings.node,
        "home": str(layout.home),
        "bind": "127.0.0.1",
        "port": settings.agent_port,
        "certificate": str(layout.agent_secrets / "agent.crt"),
        "key": str(layout.agent_secrets / "agent.key"),
        "console_ca": str(layout.agent_secrets / "console-ca.crt"),
        "console_key": str(layout.agent_secrets / "console.pub"),
        "helper": [*(["sudo", "-n", "--"] if settings.isolation == USERS else []), *rules.command(str(layout.home))],
        "isolation": settings.isolation,
        "front_secret": made.front,
        "database_socket": str(layout.database_socket),
        "database_port": settings.database_port,
        "secrets_key": str(layout.node_key),
        "log_size": settings.log_size << 20,
        "log_files": settings.log_files,
        "log_days": settings.log_days,
    }


def index_url(environment: Mapping[str, str]) -> str:
    """The package index that this machine's administrator set, for uv; "" is uv's own default."""
    return next((environment[name] for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL") if environment.get(name)), "")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def _keep(path: Path, text: str, user: str, mode: int) -> None:
    if not path.exists() or path.read_text() != text:
        (write_public if mode & 0o044 else write_private)(path, text.encode())
    own(path, user, mode)
