"""Repositories, folders and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from lampas.console import highlight, paging
from lampas.console.pages import page, show
from lampas.core.accounts import Permission
from lampas.core.history.values import TreeEntry
from lampas.core.names import RepositoryName
from lampas.errors import NotFound
from lampas.queries import browse
from lampas.queries import code as history

SHOWN = 2_000_000  # bytes of a file that are shown; more is offered as raw
_LINK, _EXECUTABLE = 0o120000, 0o100755
_READMES = ("readme.md", "readme.rst", "readme.txt", "readme")


@dataclass(frozen=True)
class Shown:
    """A file as the page shows it: its lines as HTML, or the word why not."""

    entry: TreeEntry
    lines: list[SafeString]
    language: str
    why: str = ""

    @property
    def note(self) -> str:
        """What is special about it."""
        return {_LINK: "symbolic link", _EXECUTABLE: "executable"}.get(self.entry.mode, "")


@page(Permission.VIEW)
def repositories(request: HttpRequest) -> HttpResponse:
    """All repositories."""
    number = paging.number(request)
    rows, pager = paging.cut(browse.repositories(history.reader(), page=number), number, browse.PAGE)
    return show(request, "code/repositories.html", {"rows": rows, "pager": pager, "curl_body": {"name": "NAME"}})


@page(Permission.VIEW)
def tree(request: HttpRequest, repo: str, path: str = "") -> HttpResponse:
    """A folder at a ref; the root shows the newest commit and the readme as well."""
    reader = history.reader()
    where = browse.at(reader, repo, request.GET.get("at", ""))
    if where is None:
        return show(request, "code/empty.html", {"repo": repo, "git": git_address(request, repo)})
    files = reader.tree(where.repository, where.commit)
    found = browse.folder(files, path.strip("/"))
    readme = next((entry for entry in found.files if _name(entry.path).lower() in _READMES), None)
    values = {
        **place(where, found.path),
        "folder": found,
        "count": len(files),
        "head": reader.commit(where.repository, where.commit),
        "readme": read(reader.blob(where.repository, readme.oid), readme) if readme else None,
        "git": git_address(request, repo),
    }
    return show(request, "code/tree.html", values)


@page(Permission.VIEW)
def file(request: HttpRequest, repo: str, path: str) -> HttpResponse:
    """One file with line numbers."""
    reader = history.reader()
    where, entry = locate(reader, repo, path, request.GET.get("at", ""))
    last = reader.log(where.repository, where.commit, path=path, limit=1)
    values = {
        **place(where, path),
        "file": read(reader.blob(where.repository, entry.oid), entry),
        "last": last[0] if last else None,
        "editable": where.editable and entry.mode != _LINK,
    }
    return show(request, "code/file.html", values)


@page(Permission.VIEW)
def raw(request: HttpRequest, repo: str, path: str) -> HttpResponse:
    """The bytes of a file, as a download: what somebody pushed must never run as a page of the console."""
    reader = history.reader()
    where, entry = locate(reader, repo, path, request.GET.get("at", ""))
    response = HttpResponse(reader.blob(where.repository, entry.oid), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(_name(path), safe='')}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def locate(reader: Any, repo: str, path: str, ref: str) -> tuple[browse.At, TreeEntry]:
    """A file at a ref.

    Raises:
        NotFound: No such repository, ref or file.
    """
    where = browse.at(reader, repo, ref)
    entry = reader.entry(where.repository, where.commit, path) if where else None
    if where is None or entry is None:
        raise NotFound(
            f"{repo} has no file {path} at {ref or 'its default branch'}", "its history may tell where it went"
        )
    return where, entry


def read(data: bytes, entry: TreeEntry) -> Shown:
    """Makes a file's content ready to be shown."""
    if b"\0" in data[:8000]:
        return Shown(entry, [], "", "This is a binary file.")
    if len(data) > SHOWN:
        return Shown(entry, [], "", "This file is too large to show here.")
    text = data.decode(errors="replace")
    return Shown(
        entry, highlight.lines(entry.path, text), highlight.language(entry.path), "" if text else "This file is empty."
    )


def place(where: browse.At, path: str) -> dict[str, Any]:
    """The values that every page inside a repository needs: where it is and the crumbs to it."""
    parts = path.split("/") if path else []
    crumbs = [{"name": part, "path": "/".join(parts[: index + 1])} for index, part in enumerate(parts)]
    at = urlencode({"at": where.ref}) if where.ref != where.default else ""
    return {
        "parent": "/".join(parts[:-1]),
        "where": where,
        "repo": where.repository,
        "path": path,
        "crumbs": crumbs,
        "at": f"?{at}" if at else "",
        "and_at": f"&{at}" if at else "",
    }


def git_address(request: HttpRequest, repo: str) -> str:
    """What git is told to clone."""
    return f"{request.scheme}://{request.get_host()}/git/{RepositoryName(repo)}.git"


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]
