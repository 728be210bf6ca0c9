"""The root helper: what needs root on a node, by fixed verbs with typed values. Standard library only.

    sudo -n /usr/bin/python3 -I -S HOME/software/current/lampas/roothelper/helper.py

It reads one JSON object on each line of stdin and answers each with one line, {"ok": true, …} or {"ok": false,
"error": …}, until stdin ends. Its home is the one that it stands in, never one that it is told. `run` is the last
request of a session: see `running`; so is `command`: see `commands`. As a plain user it does the same
without users of their own.

    {"verb": "app-ensure", "app": A, "persist": [DIR…]}        {"verb": "app-remove", "app": A}
    {"verb": "unit-start" | "unit-quit" | "unit-said", "app": A, "number": N, "slot": S}
    {"verb": "unit-stop" | "unit-restart", "app": A, "number": N, "slot": S, "port": P}
    {"verb": "logs-keep", "app": A | "", "turn": [NAME…], "remove": [NAME…], "files": N, "size": BYTES}        see `logs`
    {"verb": "data-size", "app": A}        see `sizes`        {"verb": "data-drop", "app": A}
    {"verb": "database", "do": VERB, …}        see `databases`
    {"verb": "packages-install", "names": [NAME…], "env": {…}}        see `packages`
    {"verb": "run", "app": A, "number": N, "argv": […], "env": {…}, "root": DIR, "limited": BOOL, "seconds": S}
    {"verb": "run", "app": A, "number": N, "commands": [[…]…], "sandbox": {…}, "env": {…}, "root": DIR, "persist": […], "titles": […], "seconds": S}
    {"verb": "command", "app": A, "number": N, "nonce": HEX, "argv": […], "env": {…}, "root": DIR, "seconds": S, "terminal": {"rows": R, "columns": C, "kind": K} | null}
"""  # noqa: E501 - each verb on one line

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HOME = Path(__file__).resolve().parents[4]  # HOME/software/DIGEST/lampas/roothelper/helper.py
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lampas.roothelper import accounts, running, typed  # noqa: E402 - after the path is set
from lampas.roothelper.supervisor import Supervisor  # noqa: E402

BEGIN = b"\0lampas\0"  # on stderr, ahead of what a command writes: what stands before it is sudo's
_LONGEST = 16 << 20  # bytes of one request


def answer(home: str, request: Mapping[str, Any], *, as_root: bool) -> dict[str, Any]:
    """Carries out one request.

    Raises:
        Refused: The request is not one of the verbs, or it cannot be carried out.
    """
    verb = request.get("verb")
    if verb == "database":
        from lampas.roothelper import databases  # deploys do without what it imports

        return databases.answer(home, request, as_root=as_root)
    if verb == "packages-install":
        from lampas.roothelper import packages

        return packages.install(request, as_root=as_root)
    if verb == "logs-keep":
        from lampas.roothelper import logs

        logs.keep(home, request, as_root=as_root)
        return {}
    if verb == "data-size":
        from lampas.roothelper import sizes

        return sizes.of_data(home, typed.app(request), as_root=as_root)
    app = typed.app(request)
    if verb == "app-ensure":
        accounts.ensure(home, app, typed.directories(request), as_root=as_root)
        return {}
    if verb == "app-remove":
        return {"stays": accounts.remove(home, app, as_root=as_root)}
    if verb == "data-drop":
        accounts.drop_data(home, app, as_root=as_root)
        return {}
    supervisor, unit = Supervisor(home, as_root=as_root), typed.unit(request)
    if verb == "unit-start":
        supervisor.start(unit)
    elif verb == "unit-quit":
        supervisor.quit(unit)
    elif verb == "unit-stop":
        supervisor.stop(unit, typed.port(request))
    elif verb == "unit-restart":
        supervisor.restart(unit, typed.port(request))
    elif verb == "unit-said":
        return {"said": supervisor.said(unit)}
    else:
        raise typed.Refused("there is no such verb")
    return {}


def main() -> int:
    """Serves one session; returns the exit status."""
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    home, as_root = str(_HOME), os.geteuid() == 0
    buffer = b""
    while True:
        line, separator, rest = buffer.partition(b"\n")
        if not separator:
            data = os.read(0, 1 << 20)
            if not data or len(buffer) > _LONGEST:
                return 0 if not buffer else 2
            buffer += data
            continue
        buffer = rest
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise typed.Refused("a request is a JSON object")
            if request.get("verb") == "run":
                return _run(home, request, buffer, as_root=as_root)
            if request.get("verb") == "command":
                from lampas.roothelper import commands

                return commands.run(home, request, buffer, as_root=as_root)
            reply = {"ok": True, **answer(home, request, as_root=as_root)}
        except (typed.Refused, OSError, ValueError) as error:
            reply = {"ok": False, "error": str(error)}
        os.write(1, json.dumps(reply).encode() + b"\n")


def _run(home: str, request: Mapping[str, Any], rest: bytes, *, as_root: bool) -> int:
    """Becomes one command's keeper; its exit statuses for what could not run are a shell's."""
    os.write(2, BEGIN)
    try:
        return running.run(home, running.command(request), rest, as_root=as_root)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename}: not found\n")
        return 127
    except (typed.Refused, OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"lampas: the command could not be run: {error}\n")
        return 126


if __name__ == "__main__":
    sys.exit(main())
