"""How Apache serves files: types, caching, and what keeps an upload from being more than a file.

The front and the units share it: a file of a release is answered alike, whichever of them gets the request.
"""

from __future__ import annotations

from lampas.core.serving.apache import Directive, line, section

MODULES = ("alias", "mime")
# What pages are made of: Debian's table of types is a package that a small machine does not have. Authors write UTF-8;
# pages, drawings and XML say themselves what they are written in.
_TYPES = (
    ("text/html", (".html", ".htm")),
    ("text/css; charset=utf-8", (".css",)),
    ("text/javascript; charset=utf-8", (".js", ".mjs")),
    ("text/plain; charset=utf-8", (".txt",)),
    ("text/csv; charset=utf-8", (".csv",)),
    ("text/xml", (".xml",)),
    ("application/json", (".json", ".map")),
    ("application/manifest+json", (".webmanifest",)),
    ("application/pdf", (".pdf",)),
    ("application/wasm", (".wasm",)),
    ("text/markdown; charset=utf-8", (".md",)),
    ("application/zip", (".zip",)),
    ("application/gzip", (".gz", ".tgz")),
    ("image/svg+xml", (".svg",)),
    ("image/png", (".png",)),
    ("image/jpeg", (".jpg", ".jpeg")),
    ("image/gif", (".gif",)),
    ("image/webp", (".webp",)),
    ("image/avif", (".avif",)),
    ("image/vnd.microsoft.icon", (".ico",)),
    ("font/woff", (".woff",)),
    ("font/woff2", (".woff2",)),
    ("font/ttf", (".ttf",)),
    ("font/otf", (".otf",)),
    ("audio/mpeg", (".mp3",)),
    ("audio/ogg", (".ogg",)),
    ("video/mp4", (".mp4",)),
    ("video/webm", (".webm",)),
)
# Names that hold a hash of their content: Django's app.3f9c2b1a04d5.css, webpack's app.3f9c2b1a.js, and Vite's
# app-BZk8a_1c.js. Dates and words do not: it takes a digit and a letter; of any letters, both cases, in code.
_HEX = "[./-](?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,64}(?:[.][A-Za-z0-9]+){1,3}$"
_ANY = "-(?=[A-Za-z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])(?=[A-Z0-9_-]*[a-z])[A-Za-z0-9_-]{8}[.](?:m?js|css)(?:[.]map)?$"
_MISSING = "<!DOCTYPE html><meta charset=utf-8><title>Not here</title><h1>No such file</h1>"
_FOREVER = "public, max-age=31536000, immutable"


def types() -> list[Directive]:
    """The types of files by their endings."""
    return [
        line("TypesConfig", "/dev/null"),
        *(line("AddType", kind, *ends) for kind, ends in _TYPES),
    ]


def released(directory: str, *more: Directive) -> Directive:
    """A directory of files that belong to a release.

    The agent dates each of them by its content (see `agent.statics`), so an ETag is the same on every node and in every
    release that has the file, and a time says nothing: none is sent and none is believed.

    Args:
        directory: Where it stands.
        more: What else is to be said of it.
    """
    return section(
        "Directory",
        directory,
        line("Options", "FollowSymLinks"),  # there are none; without it, each part of a path would be looked at
        line("Require", "all", "granted"),
        line("FileETag", "MTime", "Size"),
        line("ErrorDocument", 404, _MISSING),
        line("RequestHeader", "unset", "If-Modified-Since"),
        line("RequestHeader", "unset", "If-Unmodified-Since"),
        line("Header", "unset", "Last-Modified"),
        line("Header", "set", "Cache-Control", "no-cache"),
        line("Header", "set", "Cache-Control", _FOREVER, f"expr=%{{REQUEST_URI}} =~ m#{_HEX}|{_ANY}#"),
        _as_typed(),
        *more,
    )


def kept(directory: str) -> Directive:
    """A directory of files that the application or its visitors wrote: no link of it is followed, and a page or a
    drawing among them runs no script in the application's name. (A PDF cannot be shown in a sandbox, and needs none.)
    One whose type its name does not tell is bytes.

    Args:
        directory: Where it stands.
    """
    return section(
        "Directory",
        directory,
        line("Options", "None"),
        line("Require", "all", "granted"),
        line("FileETag", "MTime", "Size"),
        line("Header", "set", "Cache-Control", "no-cache"),
        line("Header", "set", "Content-Security-Policy", "sandbox", "expr=%{CONTENT_TYPE} != 'application/pdf'"),
        _as_typed(),
        line("Header", "set", "Content-Type", "application/octet-stream", "expr=-z %{CONTENT_TYPE}"),
    )


def _as_typed() -> Directive:
    """No browser may take a file for something else than its type."""
    return line("Header", "set", "X-Content-Type-Options", "nosniff")
