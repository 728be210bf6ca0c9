"""Search across all code, and who wrote which line."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from lampas.console import highlight
from lampas.console.pages import page, show
from lampas.console.views.code import locate, place
from lampas.core.accounts import Permission
from lampas.core.names import RepositoryName
from lampas.errors import InvalidInput
from lampas.git.blame import BlamedLine
from lampas.git.grep import Match
from lampas.queries import code

MOST = 200


@dataclass(frozen=True)
class Hit:
    """A line that holds the text, with the text marked."""

    line: int
    html: SafeString


@dataclass(frozen=True)
class FoundIn:
    """The lines of one file that hold the text."""

    repository: str
    path: str
    rows: list[Hit]


@dataclass(frozen=True)
class Line:
    """A line with who wrote it; `first`: it begins a run of lines of one commit."""

    blamed: BlamedLine
    html: SafeString
    first: bool


@page(Permission.VIEW)
def search(request: HttpRequest) -> HttpResponse:
    """Lines of the default branches that hold `?q=`; `?repo=` cuts to one repository."""
    text, repo = request.GET.get("q", ""), request.GET.get("repo", "")
    values: dict[str, object] = {"text": text, "only": repo}
    if text:
        try:
            found = code.search(text, repo or None, MOST)
        except InvalidInput as error:
            return show(request, "code/search.html", {**values, "problem": error}, status=422)
        values |= {"files": _by_file(found.matches, text), "count": len(found.matches), "full": found.more}
    return show(request, "code/search.html", values)


@page(Permission.VIEW)
def blame(request: HttpRequest, repo: str, path: str) -> HttpResponse:
    """A file with the commit that wrote each line."""
    where, entry = locate(code.reader(), repo, path, request.GET.get("at", ""))
    blamed = code.authorship(RepositoryName(repo), path, where.commit)[1]
    text = "\n".join(item.text for item in blamed)
    html = highlight.lines(entry.path, text)
    previous = ["", *(item.commit for item in blamed)]
    lines = [
        Line(item, html[index] if index < len(html) else SafeString(""), item.commit != previous[index])
        for index, item in enumerate(blamed)
    ]
    return show(request, "code/blame.html", {**place(where, path), "lines": lines})


def _by_file(matches: list[Match], text: str) -> list[FoundIn]:
    files: dict[tuple[str, str], FoundIn] = {}
    for match in matches:
        key = (match.repository, match.path)
        files.setdefault(key, FoundIn(*key, []))
        files[key].rows.append(Hit(match.line, _marked(match.text, text)))
    return list(files.values())


def _marked(line: str, text: str) -> SafeString:
    """The line with each occurrence marked."""
    parts = line.split(text)
    pieces = [("", part) if index == 0 else (text, part) for index, part in enumerate(parts)]
    html = format_html_join("", "<mark>{}</mark>{}", pieces)
    return SafeString(html.removeprefix("<mark></mark>"))
