"""Histories and commits."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from lampas.console import paging
from lampas.console.differences import Difference, compare
from lampas.console.pages import page, show
from lampas.console.views.code import git_address, place
from lampas.core.accounts import Permission
from lampas.core.history.ports import HistoryReader
from lampas.core.names import RepositoryName
from lampas.queries import browse
from lampas.queries import code as history

SHOWN = 60  # files whose differences are shown; of the others, their names


@dataclass(frozen=True)
class Changed:
    """A changed file and what a reader sees of the change; None: not looked at, there are too many."""

    change: browse.Change
    difference: Difference | None


@page(Permission.VIEW)
def log(request: HttpRequest, repo: str) -> HttpResponse:
    """The history of a repository, or of the file or folder `?path=`."""
    reader = history.reader()
    where = browse.at(reader, repo, request.GET.get("at", ""))
    if where is None:
        return show(request, "code/empty.html", {"repo": repo, "git": git_address(request, repo)})
    path = request.GET.get("path", "").strip("/")
    number = paging.number(request)
    commits, older = browse.history(reader, where, path=path, page=number)
    values = {
        **place(where, path),
        "commits": commits,
        "keep": {"path": path} if path else {},
        "pager": paging.Pager(number, older),
    }
    return show(request, "code/log.html", values)


@page(Permission.VIEW)
def commit(request: HttpRequest, repo: str, oid: str) -> HttpResponse:
    """One commit: what it says and what it changed."""
    reader = history.reader()
    repository = RepositoryName(repo)
    found = reader.commit(repository, reader.resolve(repository, oid))
    changes = browse.changes(reader, repository, found)
    shown = [Changed(change, differences(reader, repository, change)) for change in changes[:SHOWN]]
    rest = [Changed(change, None) for change in changes[SHOWN:]]
    subject, _, body = found.message.strip().partition("\n")
    values = {
        "repo": repo,
        "commit": found,
        "subject": subject,
        "text": body.strip(),
        "changes": [*shown, *rest],
        "added": sum(item.difference.added for item in shown if item.difference),
        "removed": sum(item.difference.removed for item in shown if item.difference),
    }
    return show(request, "code/commit.html", values)


def differences(reader: HistoryReader, repository: RepositoryName, change: browse.Change) -> Difference:
    """What one change of a file looks like."""
    old = reader.blob(repository, change.old.oid) if change.old else None
    new = reader.blob(repository, change.new.oid) if change.new else None
    return compare(old, new)
