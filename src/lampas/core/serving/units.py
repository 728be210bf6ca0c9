"""A release unit: the private Apache that serves one release, as text.

It runs whole as the application's user, listens on a loopback port slot, and lets in only what the front's key for this
application opens. The application runs in daemon processes of its own, preloaded before they take a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lampas.core.nodestate import Places
from lampas.core.nodestate.places import label
from lampas.core.nodestate.statics import served
from lampas.core.serving import statics, typed
from lampas.core.serving.apache import Directive, line, render, section
from lampas.core.serving.entry import Entry, app_wsgi

_MODULES = ("mpm_event", "authz_core", "headers", "wsgi")
_GROUP = "app"
# Seconds. Above the `ttl` of the front's pooled connections, so that the front is always the one who closes.
_KEEP_ALIVE = 75


@dataclass(frozen=True)
class ReleaseUnit:
    """What a unit's configuration is made of.

    Attributes:
        home: LAMPAS's home on the node.
        app: The application.
        number: The release's number.
        port: Its loopback port slot.
        key: What requests must carry in `Lampas-Front` (`maps.key`).
        entry: `module:attribute`, or `module:factory()`.
        root: Where module names start, under `code/`.
        processes: Daemon processes.
        threads: Threads of each.
        static: URL prefix → directory under `code/`, served by Apache itself.
        persist: Directories under `code/` whose files stand in the application's persistent directory.
        canonical_host: The host that the application is given, whichever was asked; "" is the one that was asked.
        modules: Where Apache's modules stand.
    """

    home: str
    app: str
    number: int
    port: int
    key: str
    entry: str
    root: str = ""
    processes: int = 2
    threads: int = 15
    static: Mapping[str, str] = field(default_factory=dict)
    persist: tuple[str, ...] = ()
    canonical_host: str = ""
    modules: str = "/usr/lib/apache2/modules"

    @property
    def places(self) -> Places:
        """Where its files stand."""
        return Places(typed.path(self.home))

    @property
    def label(self) -> str:
        """What tells its files from those of other units."""
        return label(typed.count(self.number, 1, 10**9, "a release number"), typed.port(self.port))


def config(unit: ReleaseUnit) -> str:
    """The whole httpd.conf of a unit.

    Raises:
        InvalidInput: A value cannot be used.
    """
    return render([*_server(unit), *_access(unit), *_static(unit), *_application(unit)])


def shim(unit: ReleaseUnit) -> str:
    """The whole app.wsgi of a unit.

    Raises:
        InvalidInput: The entry is none.
    """
    return app_wsgi(Entry.parse(unit.entry))


def environment(home: str, app: str, number: int, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a release's processes as far as it is not secret: what the definition sets, and what LAMPAS
    adds on top.

    Args:
        home: LAMPAS's home on the node.
        app: The application.
        number: The release's number.
        variables: `[app.NAME.env]`.

    Raises:
        InvalidInput: A name is no variable's, or a value holds a NUL.
    """
    data = Places(typed.path(home)).data(app)
    added = {"LAMPAS_APP": app, "LAMPAS_RELEASE": str(number), "LAMPAS_DATA": data, "HOME": data}
    whole = {"PYTHONUNBUFFERED": "1", **variables, **added}
    return dict(typed.variable(name, value) for name, value in sorted(whole.items()))


def _server(unit: ReleaseUnit) -> list[Directive]:
    places, modules = unit.places, typed.path(unit.modules)
    names = (*_MODULES, *(statics.MODULES if unit.static else ()))
    run = places.run(unit.app)
    # Each connection that the front pools may be busy at once; the daemons' own threads bound what really runs.
    workers = 64
    return [
        line("ServerRoot", places.home),
        line("DefaultRuntimeDir", run),
        line("PidFile", f"{run}/{unit.label}.pid"),
        line("ServerName", typed.host(unit.canonical_host) if unit.canonical_host else "localhost"),
        line("UseCanonicalName", "On" if unit.canonical_host else "Off"),
        line("Listen", f"127.0.0.1:{typed.port(unit.port)}"),
        *[line("LoadModule", f"{name}_module", f"{modules}/mod_{name}.so") for name in names],
        line("ErrorLog", f"{places.logs(unit.app)}/v{unit.number}.log"),
        line("LogLevel", "warn"),
        line("ServerTokens", "Prod"),
        line("ServerSignature", "Off"),
        line("TraceEnable", "Off"),
        line("StartServers", 1),
        line("ServerLimit", 1),
        line("ThreadsPerChild", workers),
        line("MaxRequestWorkers", workers),
        line("MinSpareThreads", 1),
        line("MaxSpareThreads", workers),
        line("AsyncRequestWorkerFactor", 16),
        line("KeepAlive", "On"),
        line("KeepAliveTimeout", _KEEP_ALIVE),
        line("MaxKeepAliveRequests", 0),
        line("Timeout", 300),
        line("GracefulShutdownTimeout", 30),
        line("AllowEncodedSlashes", "NoDecode"),
        line("MergeSlashes", "Off"),
    ]


def _access(unit: ReleaseUnit) -> list[Directive]:
    """Only the front comes in. Its key stays on the request, for Apache asks again for what it looks up meanwhile; the
    shim takes it off before the application."""
    name = f"{unit.app}/{unit.number}"
    host = typed.host(unit.canonical_host) if unit.canonical_host else ""
    canonical = [line("RequestHeader", "set", header, host) for header in ("Host", "X-Forwarded-Host") if host]
    return [
        section("Directory", "/", line("AllowOverride", "None"), line("Require", "all", "denied")),
        section(
            "Location",
            "/",
            line("Require", "expr", f"req_novary('Lampas-Front') == '{typed.secret(unit.key)}'"),
        ),
        *canonical,
        line("Header", "unset", "Lampas-Release"),
        line("Header", "always", "set", "Lampas-Release", name),
    ]


def _static(unit: ReleaseUnit) -> list[Directive]:
    """All static directories: those with kept files, and what the front hands on of the others."""
    if not unit.static:
        return []
    code, data = unit.places.code(unit.app, unit.number), unit.places.data(unit.app)
    for prefix in unit.static:
        typed.prefix(prefix)
    found = served(unit.static, unit.persist)
    directives = statics.types()
    if any(each.kept for each in found):
        directives.append(section("Directory", data, line("Options", "None")))
    for each in found:
        target = f"{data if each.kept else code}/{typed.relative(each.directory)}".rstrip("/")
        directives.append(line("Alias", f"{each.prefix}/", f"{target}/"))
        directives.append(statics.kept(target) if each.kept else statics.released(target))
    return directives


def _application(unit: ReleaseUnit) -> list[Directive]:
    places = unit.places
    script = places.unit(unit.app, unit.number, unit.port)
    root = places.code(unit.app, unit.number, typed.relative(unit.root))
    daemon = [
        f"python-home={places.environment(unit.app, unit.number)}",
        f"python-path={root}",
        f"home={root}",
        f"processes={typed.count(unit.processes, 1, 64, 'a number of processes')}",
        f"threads={typed.count(unit.threads, 1, 256, 'a number of threads')}",
        "lang=C.UTF-8",
        "locale=C.UTF-8",
        f"display-name=lampas:{unit.app}-{unit.label}",
        "socket-timeout=300",
        "shutdown-timeout=5",
    ]
    return [
        line("WSGISocketPrefix", f"{places.run(unit.app)}/{unit.label}"),
        line("WSGIRestrictEmbedded", "On"),
        line("WSGIDaemonProcess", _GROUP, *daemon),
        line("WSGIChunkedRequest", "On"),
        line("WSGIPassAuthorization", "On"),
        line("WSGIScriptReloading", "Off"),
        # The front stands between: the application sees the visitor's address and scheme.
        line("WSGITrustedProxies", "127.0.0.1"),
        line("WSGITrustedProxyHeaders", "X-Forwarded-For", "X-Forwarded-Proto"),
        # Naming the process group here makes every daemon process import the application before it takes a request.
        line(
            "WSGIScriptAlias",
            "/",
            f"{script}/app.wsgi",
            f"process-group={_GROUP}",
            "application-group=%{GLOBAL}",
        ),
        section("Directory", script, line("Require", "all", "granted")),
    ]
