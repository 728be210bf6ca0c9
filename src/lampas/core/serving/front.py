"""The front Apache: it knows port slots, never applications, and so is never reloaded for one.

A request is routed by one RewriteMap file that the agent swaps by rename(2) (see `maps`):

0. a host whose traffic is not split leads straight to its unit, by one look-up and one rule, or to a file of its
   release that stands in a static directory; the rest is for others:
1. the host gives the application, or application and number (`shop-v3.DOMAIN`);
2. a number in the header `Lampas-Release` counts for requests from this machine and for those with the preview key;
3. otherwise the visitor's bucket decides while traffic is split, and else the one live release.

The bucket stands in a cookie that is set only while traffic is split. It names no release, so a rollback holds nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from lampas.core.nodestate.statics import ENCODINGS
from lampas.core.serving import statics, typed
from lampas.core.serving.apache import Directive, line, render, section
from lampas.core.serving.maps import COMPRESSED

FIRST_PORT = 18200
PORTS = 256
HEALTH = "/.lampas/health"
VISITOR = "lampas_visitor"

_MODULES = (
    "mpm_event",
    "authz_core",
    "env",
    "setenvif",
    "headers",
    "reqtimeout",
    "mime",
    "rewrite",
    "proxy",
    "proxy_http",
)
# Copies from outside are dropped before anything looks at them, under every name that an application might believe.
_INTERNAL = (
    "Lampas-Front",
    "Lampas-App",
    "Lampas-Ready",
    "Lampas-Process",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Server",
    "X-Forwarded-Ssl",
    "X-Forwarded-User",
    "X-Real-IP",
    "Forwarded",
    "Proxy",
)
_HOST = "%{SERVER_NAME}"  # the host that was asked for: Apache gives it in lower case, without its port
_PATH = "[^ ]+ (?:https?://[^/? ]+)?(/[^ ?]*)"  # of a request line, byte for byte as it came
# In a row of the map, one of the prefixes after which a path goes on; `?` in a path would end it for mod_rewrite.
_PREFIX = "(?:[^=]*:)?(?P<prefix>/[^:=]++)(?::[^=]*)?"
_BELOW = "(?P=prefix)/[^?]*+$"
_FILE = "(?P=prefix)(?:/[^/?]++)++/?+$"
_ENDING = "[.][A-Za-z0-9]++$"
_REQUEST = "[^ ]++ [^ ]++ [^ =]++"
_LOOPBACK = "^(?:127[.][0-9.]+|::1)$"
_LOG = '%h %l %u %t "%r" %>s %B "%{Referer}i" "%{User-Agent}i" %{Host}i %{LAMPAS_APP}e/%{LAMPAS_NUMBER}e %D'


@dataclass(frozen=True)
class Front:
    """What the front's configuration is made of.

    Attributes:
        home: LAMPAS's home; the front's files stand under it.
        domain: What application hosts end in.
        bind: The address to listen on, or `*`.
        port: The port to listen on.
        preview_key: Who sends it in `Lampas-Preview` may name a release from elsewhere; "" is nobody.
        first_port: The first port slot.
        ports: How many port slots there are.
        modules: Where Apache's modules stand.
    """

    home: str
    domain: str
    bind: str
    port: int
    preview_key: str = ""
    first_port: int = FIRST_PORT
    ports: int = PORTS
    modules: str = "/usr/lib/apache2/modules"


def config(front: Front) -> str:
    """The whole httpd.conf of the front.

    Raises:
        InvalidInput: A value cannot be used.
    """
    return render([*_server(front), *_pages(), *_headers(), *_static(front), *_slots(front), *_routes(front)])


def _server(front: Front) -> list[Directive]:
    home, domain = typed.path(front.home), typed.host(front.domain)
    modules = typed.path(front.modules)
    loaded = [line("LoadModule", f"{name}_module", f"{modules}/mod_{name}.so") for name in _MODULES]
    return [
        line("ServerRoot", f"{home}/front"),
        line("DefaultRuntimeDir", f"{home}/run/front"),
        line("PidFile", f"{home}/run/front/httpd.pid"),
        line("ServerName", domain),
        line("Listen", f"{typed.address(front.bind)}:{typed.port(front.port)}"),
        *loaded,
        line("ErrorLog", f"{home}/logs/front.log"),
        line("LogLevel", "warn"),
        line("LogFormat", _LOG, "lampas"),
        line("CustomLog", f"{home}/logs/front-access.log", "lampas"),
        line("ServerTokens", "Prod"),
        line("ServerSignature", "Off"),
        line("TraceEnable", "Off"),
        line("StartServers", 2),
        line("ServerLimit", 8),
        line("ThreadsPerChild", 64),
        line("MaxRequestWorkers", 512),
        line("MinSpareThreads", 32),
        line("MaxSpareThreads", 512),
        line("MaxConnectionsPerChild", 0),
        line("KeepAlive", "On"),
        line("KeepAliveTimeout", 15),
        line("MaxKeepAliveRequests", 0),
        line("Timeout", 60),
        line("RequestReadTimeout", "header=20-40,MinRate=500", "body=20,MinRate=500"),
        line("GracefulShutdownTimeout", 30),
        # URLs reach the unit as they came: nothing decoded, nothing merged.
        line("AllowEncodedSlashes", "NoDecode"),
        line("MergeSlashes", "Off"),
        section("Directory", "/", line("AllowOverride", "None"), line("Require", "all", "denied")),
    ]


def _pages() -> list[Directive]:
    return [
        line(
            "ErrorDocument",
            404,
            "<!DOCTYPE html><meta charset=utf-8><title>Not here</title><h1>No application answers here</h1>"
            "<p>LAMPAS runs on this machine, but no application and no running version has this host name. "
            "<p>See which ones do with <code>lampas app list</code>, or in the console.",
        ),
        line(
            "ErrorDocument",
            503,
            "<!DOCTYPE html><meta charset=utf-8><title>Not running</title><h1>This application is not running</h1>"
            "<p>No release of it is live, or the live one does not answer. "
            "<p>See what runs with <code>lampas running</code>, deploy with <code>lampas deploy APP N</code>.",
        ),
    ]


def _headers() -> list[Directive]:
    dropped = [line("RequestHeader", "unset", name, "early") for name in _INTERNAL]
    return [
        *dropped,
        # A client that lists an internal header in Connection would have the proxy drop it on the way to the unit.
        line("RequestHeader", "edit", "Connection", "(?i).*(?:lampas-|forwarded).*", "close", "early"),
        line("RequestHeader", "unset", "Lampas-Release"),
        line("RequestHeader", "unset", "Lampas-Preview"),
        line("RequestHeader", "set", "Lampas-Front", "%{LAMPAS_KEY}e", "env=LAMPAS_KEY"),
        line("RequestHeader", "set", "X-Forwarded-Proto", "expr=%{REQUEST_SCHEME}"),
        line(
            "Header",
            "always",
            "add",
            "Set-Cookie",
            f"{VISITOR}=%{{LAMPAS_VISITOR}}e; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
            "env=LAMPAS_VISITOR",
        ),
    ]


def _static(front: Front) -> list[Directive]:
    """Static files of releases, where the agent put them: answered here, without the hop to a unit."""
    return [
        *statics.types(),
        line("Header", "always", "set", "Lampas-Release", "%{LAMPAS_APP}e/%{LAMPAS_NUMBER}e", "env=LAMPAS_STATIC"),
        statics.released(
            f"{front.home}/front/static",
            line("Header", "always", "set", "Lampas-Release", "%{LAMPAS_APP}e/%{LAMPAS_NUMBER}e"),
            line("Header", "set", "Content-Encoding", "%{LAMPAS_ENCODING}e", "env=LAMPAS_ENCODING"),
            line("Header", "merge", "Vary", "Accept-Encoding"),
        ),
    ]


def _slots(front: Front) -> list[Directive]:
    """One worker for each slot, defined once: connections are pooled, and a new application needs no reload.

    `ttl` is below the units' KeepAliveTimeout, so that the front never sends on a connection that a unit is closing.
    """
    first = typed.port(front.first_port)
    last = typed.port(first + typed.count(front.ports, 1, 4096, "a number of port slots") - 1)
    common = [line("ProxyPreserveHost", "On"), line("ProxyTimeout", 300)]
    settings = line("ProxySet", "enablereuse=On", "retry=0", "ttl=60", "connectiontimeout=2")
    return common + [section("Proxy", f"http://127.0.0.1:{port}", settings) for port in range(first, last + 1)]


def _routes(front: Front) -> list[Directive]:
    maps = f"{front.home}/front/maps"
    return [
        line("RewriteEngine", "On"),
        line("RewriteMap", "routes", f"txt:{maps}/routes.txt"),
        line("RewriteMap", "keys", f"txt:{maps}/keys.txt"),
        line("RewriteMap", "digits", f"rnd:{maps}/digits.txt"),
        *_straight(front.home),
        *_application(typed.host(front.domain)),
        *_explicit(front.preview_key),
        *_live(),
        *_split_static(front.home),
        *_forward(),
    ]


def _straight(home: str) -> list[Directive]:
    """Nearly every request: its host has one live release and it asks for no other. It is for a static file of that
    release (most of which have an ending), or for its unit: one condition and one rule for each.

    The release that a request names is a part of the key, and no row has one: who names a release goes on below.
    """
    row, unit = f"${{routes:straight/{_HOST}/%{{HTTP:Lampas-Release}}}}", "^([^@]++)@([0-9]++)@([0-9]++)@([0-9a-f]++)"

    def file(before: str) -> Directive:
        return _when(f"{row}=%{{REQUEST_METHOD}}=%{{REQUEST_URI}}", f"{unit}{before}{_PREFIX}=(?:GET|HEAD)={_FILE}")

    found = "E=LAMPAS_APP:%1,E=LAMPAS_NUMBER:%2"
    return [
        file(f"@(?!{COMPRESSED}:)"),
        _rule(f"[L,{found}]", target=f"{home}/front/static/%1/%2/plain$0", pattern=f"^/.*{_ENDING}"),
        _when(f"{row}=%{{THE_REQUEST}}=%{{REQUEST_URI}}", f"{unit}(?!@{_PREFIX}={_REQUEST}={_BELOW})[^=]*={_PATH}"),
        _rule(f"[P,NE,{found},E=LAMPAS_KEY:%4]", target="http://127.0.0.1:%3%6", pattern="^/"),
        file("@"),
        _rule(f"[{found},E=LAMPAS_STATIC:1]"),
        *_files(home),
        _when(f"{row}=%{{REQUEST_URI}}", f"{unit}@{_PREFIX}={_BELOW}"),
        _rule(f"[{found},E=LAMPAS_STATIC:1]"),
        *_no_file(home),
    ]


def _split_static(home: str) -> list[Directive]:
    """Static files of a release that was chosen in another way. A file is no visit: it sets no cookie."""
    return [
        _when("%{ENV:LAMPAS_PORT}", "!^$"),
        _when("${routes:static/%{ENV:LAMPAS_APP}@%{ENV:LAMPAS_NUMBER}}=%{REQUEST_URI}", f"^{_PREFIX}={_BELOW}"),
        _set("LAMPAS_STATIC:1", "!LAMPAS_VISITOR"),
        *_no_file(home),
        *_files(home),
    ]


def _no_file(home: str) -> list[Directive]:
    """What is below a static directory and can be no file of it. An empty part of a path is none, whatever the file
    system makes of it."""
    static = _when("%{ENV:LAMPAS_STATIC}", "=1")
    return [
        static,
        _when("%{REQUEST_METHOD}", "!^(?:GET|HEAD)$"),
        _rule("[R=405,L]"),
        static,
        _rule("[L]", target=f"{home}/front/static/none", pattern="//"),
    ]


def _files(home: str) -> list[Directive]:
    """A request that is for a static file, to the file: a compressed one, where it is there and the client takes it."""
    place = f"{home}/front/static/%{{ENV:LAMPAS_APP}}/%{{ENV:LAMPAS_NUMBER}}"
    static = _when("%{ENV:LAMPAS_STATIC}", "=1")
    found = []
    for encoding in ENCODINGS:
        found += [
            static,
            _when("%{HTTP:Accept-Encoding}", f"(?:^|[, ]){encoding} *(?:$|,|;(?! *q=0(?:[.]0*)? *(?:,|$)))", "[NC]"),
            _when(f"{place}/{encoding}%{{REQUEST_URI}}", "-f"),
            _rule(f"[L,E=LAMPAS_ENCODING:{encoding}]", target=f"{place}/{encoding}$0", pattern="^/.*"),
        ]
    return [*found, static, _rule("[L]", target=f"{place}/plain$0", pattern="^/.*")]


def _application(domain: str) -> list[Directive]:
    """Which application, by host."""
    return [
        _when(f"${{routes:host/{_HOST}}}", "^(.+)$"),
        _rule("[E=LAMPAS_APP:%1,S=1]"),
        _when(_HOST, f"^([a-z0-9-]+)-v([1-9][0-9]*)[.]{_literal(domain)}$"),
        _set("LAMPAS_APP:%1", "LAMPAS_NUMBER:%2", "LAMPAS_EXPLICIT:1"),
        _when("%{ENV:LAMPAS_APP}", "^$"),
        _rule("[R=204,L]", pattern=f"^{_literal(HEALTH)}$"),
        _when("%{ENV:LAMPAS_APP}", "^$"),
        _rule("[R=404,L]"),
    ]


def _explicit(preview_key: str) -> list[Directive]:
    """A release that is asked for by its number: by the host, or by the header for those who may."""
    if preview_key:
        allowed = [
            _when("%{REMOTE_ADDR}", _LOOPBACK, "[OR]"),
            _when("%{HTTP:Lampas-Preview}", f"={typed.secret(preview_key)}"),
        ]
    else:
        allowed = [_when("%{REMOTE_ADDR}", _LOOPBACK)]
    return [
        *allowed,
        _when("%{HTTP:Lampas-Release}", "^([1-9][0-9]*)$"),
        _set("LAMPAS_NUMBER:%1", "LAMPAS_EXPLICIT:1"),
        _when("%{ENV:LAMPAS_EXPLICIT}", "=1"),
        _when("${routes:port/%{ENV:LAMPAS_APP}@%{ENV:LAMPAS_NUMBER}}", "^([0-9]+)$"),
        _set("LAMPAS_PORT:%1"),
        _when("%{ENV:LAMPAS_EXPLICIT}", "=1"),
        _when("%{ENV:LAMPAS_PORT}", "^$"),
        _rule("[R=404,L]"),
    ]


def _live() -> list[Directive]:
    """The release that has the traffic; while it is split, the one of the visitor's bucket.

    The map may change between two look-ups of one request. Each state of it is whole, so only the end of a split
    shows: then the bucket is no longer there, and the one live release is looked up again.
    """
    live, split = "${routes:live/%{ENV:LAMPAS_APP}}", _when("%{ENV:LAMPAS_LIVE}", "=split")
    return [
        _when("%{ENV:LAMPAS_PORT}", "^$"),
        _when(live, "^(.+)$"),
        _set("LAMPAS_LIVE:%1"),
        _when("%{ENV:LAMPAS_LIVE}", "!=split"),
        _rule("[S=5]"),
        _when("%{HTTP:Cookie}", f"(?:^|; *){VISITOR}=([0-9]{{3}}) *(?:;|$)"),
        _set("LAMPAS_BUCKET:%1"),
        _when("%{ENV:LAMPAS_BUCKET}", "^$"),
        _set("LAMPAS_VISITOR:${digits:any}${digits:any}${digits:any}"),
        _when("%{ENV:LAMPAS_VISITOR}", "^(.+)$"),
        _set("LAMPAS_BUCKET:%1"),
        _when("${routes:live/%{ENV:LAMPAS_APP}/%{ENV:LAMPAS_BUCKET}}", "^(.+)$"),
        _set("LAMPAS_LIVE:%1"),
        split,
        _when(live, "^(.+)$"),
        _set("LAMPAS_LIVE:%1"),
        _when("%{ENV:LAMPAS_LIVE}", "^([0-9]+)@([0-9]+)$"),
        _set("LAMPAS_NUMBER:%1", "LAMPAS_PORT:%2"),
    ]


def _forward() -> list[Directive]:
    """To the unit, with the path byte for byte as it came: taken from the request line, not from the decoded path."""
    return [
        _when("%{ENV:LAMPAS_PORT}", "^$"),
        _rule("[R=503,L]"),
        _when("${keys:%{ENV:LAMPAS_APP}}", "^(.+)$"),
        _set("LAMPAS_KEY:%1"),
        _when("%{THE_REQUEST}", f"^{_PATH}"),
        _rule("[P,NE]", target="http://127.0.0.1:%{ENV:LAMPAS_PORT}%1", pattern="^/"),
        _rule("[R=400,L]", pattern="^/"),
    ]


def _literal(text: str) -> str:
    return text.replace(".", "[.]")


def _when(value: str, pattern: str, *flags: str) -> Directive:
    return line("RewriteCond", value, pattern, *flags)


def _set(*variables: str) -> Directive:
    return _rule(f"[{','.join(f'E={variable}' for variable in variables)}]")


def _rule(flags: str, target: str = "-", pattern: str = "^") -> Directive:
    return line("RewriteRule", pattern, target, flags)
