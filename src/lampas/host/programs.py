"""The processes of a node, as values: what the supervisor is told to keep."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lampas.host.layout import Layout
from lampas.host.settings import Settings
from lampas.host.supervisor import Program
from lampas.host.users import Accounts

DATABASE = "database"
FRONT = "front"
CONSOLE = "console"
WORKER = "worker"
AGENT = "agent"
NAMES = (DATABASE, AGENT, CONSOLE, WORKER, FRONT)
ROLES = {"appserver": (AGENT, FRONT), "console": (CONSOLE, WORKER), "database": (DATABASE,)}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def programs(layout: Layout, settings: Settings, users: Accounts) -> list[Program]:
    """All of them, in the order of their start.

    What a process reads at its start is marked in its environment, so that a change of it restarts the process.
    """
    server = {**_python(layout, settings, layout.console), "LAMPAS_SERVER": str(layout.server_json)}
    server["LAMPAS_READ"] = mark([layout.server_json, layout.server / "signing.key"])
    agent = {**_python(layout, settings, layout.agent), "LAMPAS_AGENT": str(layout.agent_json)}
    agent["LAMPAS_READ"] = mark([layout.agent_json, layout.agent_secrets / "console.pub"])
    plain = {"PATH": _PATH, "LANG": "C.UTF-8"}
    mariadbd = ("/usr/sbin/mariadbd", f"--defaults-file={layout.my_cnf}")
    apache = ("/usr/sbin/apache2", "-f", str(layout.front_conf), "-DFOREGROUND")
    python = (settings.python, "-P", "-m")
    return [
        Program(DATABASE, mariadbd, users.database, {**plain, "LAMPAS_READ": mark([layout.my_cnf])}, 60, 10),
        Program(AGENT, (*python, "lampas.agent"), users.agent, agent, 30, 20),
        Program(CONSOLE, (*python, *_gunicorn(layout, settings)), users.console, server, 35, 30),
        Program(WORKER, (*python, "lampas.server.worker"), users.console, server, 30, 40),
        Program(FRONT, apache, users.front, plain, 15, 50, log="front-start"),  # it writes front.log itself
    ]


def mark(files: Iterable[Path]) -> str:
    """What changes when one of the files does."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(hashlib.sha256(file.read_bytes() if file.exists() else b"").digest())
    return whole.hexdigest()[:16]


def server_environment(layout: Layout, settings: Settings) -> dict[str, str]:
    """What a program of the server gets that `up` runs once."""
    return {**_python(layout, settings, layout.console), "LAMPAS_SERVER": str(layout.server_json)}


def operator_environment(layout: Layout, settings: Settings) -> dict[str, str]:
    """What the command line gets that `up` runs as this node's operator."""
    return {**_python(layout, settings, layout.home), "LAMPAS_HOME": str(layout.home)}


def _python(layout: Layout, settings: Settings, home: Path) -> dict[str, str]:
    return {
        **settings.environment,
        "PATH": f"{Path(settings.python).parent}:{_PATH}",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "PYTHONPATH": str(layout.software / settings.software),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _gunicorn(layout: Layout, settings: Settings) -> list[str]:
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    return [
        "gunicorn",
        "--worker-class=gthread",
        "--workers=2",
        "--threads=16",
        f"--bind={host}:{settings.console_port}",
        "--timeout=60",
        "--graceful-timeout=25",
        f"--worker-tmp-dir={layout.console / 'tmp'}",
        "--no-control-socket",
        "lampas.server.wsgi:application",  # no access log: the path of a login link is a secret
    ]
