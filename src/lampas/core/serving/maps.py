"""The front's RewriteMap files: what the agent swaps, and all that a deploy changes at the front.

    routes.txt   straight/HOST/ APP@NUMBER@PORT@KEY[@PREFIX:…]      while the application's traffic is not split
                 static/APP@NUMBER PREFIX:…                         URL prefixes that the front serves itself; "z:" is
                                        first where a file may stand compressed beside its own
                 host/HOST APP          live/APP NUMBER@PORT        port/APP@NUMBER PORT
                                        live/APP split              live/APP/BUCKET NUMBER@PORT (BUCKET 000 to 999)
    keys.txt     APP KEY                what the units of the application demand in `Lampas-Front`
    digits.txt   any 0|1|…|9            a visitor's first bucket is three random digits

Everything that decides stands in routes.txt, so one rename(2) changes it whole. The files are swapped in the order of
their names: a new application's key is there before its routes.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from lampas.core.cluster.live import AppLive
from lampas.core.serving import typed
from lampas.errors import Conflict, InvalidInput

BUCKETS = 1000
COMPRESSED = "z"
DIGITS = "any 0|1|2|3|4|5|6|7|8|9\n"


def key(secret: str, app: str) -> str:
    """What the front shows the units of one application: an application that reads its own key opens no other one.

    Args:
        secret: The node's front secret.
        app: The application.
    """
    return hmac.new(typed.secret(secret).encode(), b"front " + app.encode(), hashlib.sha256).hexdigest()


def render(domain: str, secret: str, apps: Sequence[AppLive]) -> dict[str, str]:
    """The map files, name → text.

    Args:
        domain: What application hosts end in; each application answers on `APP.DOMAIN` too.
        secret: The node's front secret.
        apps: What is live.

    Raises:
        InvalidInput: A host is none, or traffic goes to a release without a port.
        Conflict: Two applications claim one host.
    """
    ordered = sorted(apps, key=lambda app: app.app)
    keys = [(app.app, key(secret, app.app)) for app in ordered]
    hosts = dict(_hosts(typed.host(domain), ordered))
    releases = {app.app: dict(_releases(app)) for app in ordered}
    statics = dict(row for app in ordered for row in _statics(app))
    routes = [
        *_straight(hosts, releases, dict(keys), statics),
        *((f"host/{host}", app) for host, app in hosts.items()),
        *(row for rows in releases.values() for row in rows.items()),
        *statics.items(),
    ]
    return {"digits.txt": DIGITS, "keys.txt": _text(keys), "routes.txt": _text(routes)}


def buckets(traffic: Mapping[int, int]) -> list[int]:
    """The release of each of the 1,000 buckets, the newest release from bucket 0 upwards.

    So a share that grows takes neighbours in and lets nobody go: no visitor moves back while a ramp goes on.
    """
    return [number for number in sorted(traffic, reverse=True) for _ in range(traffic[number] * BUCKETS // 100)]


def parse(text: str) -> dict[str, str]:
    """Reads a map file back as mod_rewrite does: the first word of a line is the key, the second the value."""
    rows = (row.split() for row in text.splitlines() if not row.startswith("#"))
    found: dict[str, str] = {}
    for words in rows:
        if len(words) >= 2:
            found.setdefault(words[0], words[1])
    return found


def _hosts(domain: str, apps: Sequence[AppLive]) -> Iterable[tuple[str, str]]:
    owners: dict[str, str] = {}
    for app in apps:
        for host in dict.fromkeys([f"{app.app}.{domain}", *(typed.host(name) for name in app.hosts)]):
            if host == domain:
                raise Conflict(f"{host} is the node's own host, {app.app} cannot have it", "choose another host")
            owner = owners.setdefault(host, app.app)
            if owner != app.app:
                raise Conflict(f"the host {host} is claimed by {owner} and by {app.app}", "give it to one of them")
            yield host, app.app


def _straight(
    hosts: Mapping[str, str],
    releases: Mapping[str, Mapping[str, str]],
    keys: Mapping[str, str],
    statics: Mapping[str, str],
) -> Iterable[tuple[str, str]]:
    for host, app in hosts.items():
        live = releases[app].get(f"live/{app}", "split")
        if live != "split":
            prefixes = statics.get(f"static/{app}@{live.partition('@')[0]}", "")
            yield f"straight/{host}/", f"{app}@{live}@{keys[app]}" + (f"@{prefixes}" if prefixes else "")


def _statics(app: AppLive) -> Iterable[tuple[str, str]]:
    for number, prefixes in sorted(app.static.items()):
        if prefixes:
            mark = [COMPRESSED] if number in app.compressed else []
            yield f"static/{app.app}@{number}", ":".join([*mark, *(typed.prefix(prefix) for prefix in prefixes)])


def _releases(app: AppLive) -> Iterable[tuple[str, str]]:
    traffic = {number: percent for number, percent in app.traffic.items() if percent}
    missing = sorted(set(traffic) - set(app.slots))
    if missing:
        raise InvalidInput(f"{app.app} {missing[0]} has traffic but no port", "deploy it first")
    target = {number: f"{number}@{typed.port(port)}" for number, port in app.slots.items()}
    if len(traffic) == 1:
        yield f"live/{app.app}", target[next(iter(traffic))]
    elif traffic:
        yield f"live/{app.app}", "split"
        for bucket, number in enumerate(buckets(traffic)):
            yield f"live/{app.app}/{bucket:03}", target[number]
    for number, port in sorted(app.slots.items()):
        yield f"port/{app.app}@{number}", str(port)


def _text(rows: Iterable[tuple[str, str]]) -> str:
    meant = list(rows)
    text = "".join(f"{name} {value}\n" for name, value in meant)
    if list(parse(text).items()) != meant:
        raise InvalidInput("a map of the front does not read back as what was meant")
    return text
