"""Code: files, commits, differences, authorship, search; and commits from the outside."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from lampas.actions.commit_files import CommitFiles
from lampas.actions.frame import perform
from lampas.api.permissions import actor, declared
from lampas.core.accounts import Permission
from lampas.core.names import Oid, RepositoryName
from lampas.errors import InvalidInput
from lampas.git.blame import BlamedLine
from lampas.queries import code

router = Router(tags=["code"])
_PATHS = 1000  # files on one page


class Files(Schema):
    """A page of a commit's files, by path; `next` is what `after` asks for the next page."""

    commit: str
    files: list[code.FileRow]
    next: str | None


class Log(Schema):
    """Commits, newest first."""

    commits: list[code.CommitRow]


class DiffOut(Schema):
    """A difference as text, between two commits."""

    older: str
    newer: str
    diff: str


class Blame(Schema):
    """A file's lines with who wrote them."""

    commit: str
    lines: list[BlamedLine]


class Content(Schema):
    """A file's new content: one of the two."""

    text: str | None = None
    base64: str | None = None


class CommitIn(Schema):
    """Changes to commit on top of `parent`, the commit that they were made on; null removes a path."""

    branch: str = "main"
    message: str = Field(min_length=1, max_length=10_000)
    parent: str | None = Field(None, pattern="^[0-9a-f]{40}$")
    changes: dict[str, Content | None] = Field(min_length=1, max_length=1000)


class Committed(Schema):
    """The new commit."""

    repository: str
    branch: str
    commit: str


@router.get("/repositories/{repository}/files", response=Files)
@declared(Permission.VIEW)
def files(request: HttpRequest, repository: str, at: str | None = None, after: str = "", limit: int = _PATHS) -> Files:
    """The files of a commit."""
    bounded = max(1, min(limit, _PATHS))
    commit, rows = code.files(RepositoryName(repository), at, after, bounded)
    return Files(commit=commit, files=rows, next=rows[-1].path if len(rows) == bounded else None)


@router.get("/repositories/{repository}/file", response=code.FileContent)
@declared(Permission.VIEW)
def content(request: HttpRequest, repository: str, path: str, at: str | None = None) -> code.FileContent:
    """One file with its content."""
    return code.content(RepositoryName(repository), path, at)


@router.get("/repositories/{repository}/log", response=Log)
@declared(Permission.VIEW)
def log(request: HttpRequest, repository: str, at: str | None = None, path: str | None = None, limit: int = 50) -> Log:
    """The history of a branch, or of one file."""
    return Log(commits=code.log(RepositoryName(repository), at, path, max(1, min(limit, 1000))))


@router.get("/repositories/{repository}/diff", response=DiffOut)
@declared(Permission.VIEW)
def diff(
    request: HttpRequest, repository: str, older: str, newer: str | None = None, path: str | None = None
) -> DiffOut:
    """What is different between two commits."""
    old, new, text = code.difference(RepositoryName(repository), older, newer, path)
    return DiffOut(older=old, newer=new, diff=text)


@router.get("/repositories/{repository}/blame", response=Blame)
@declared(Permission.VIEW)
def blame(request: HttpRequest, repository: str, path: str, at: str | None = None) -> Blame:
    """Who wrote each line of a file."""
    commit, lines = code.authorship(RepositoryName(repository), path, at)
    return Blame(commit=commit, lines=lines)


@router.get("/repositories/{repository}/counts", response=code.Counts)
@declared(Permission.VIEW)
def counts(request: HttpRequest, repository: str, at: str | None = None) -> code.Counts:
    """How many files and modules a commit holds."""
    return code.counts(RepositoryName(repository), at)


@router.post("/repositories/{repository}/commits", response={201: Committed})
@declared(CommitFiles)
def commit(request: HttpRequest, repository: str, body: CommitIn) -> Status[Committed]:
    """Commits changed files."""
    action = CommitFiles(
        repository=RepositoryName(repository),
        branch=body.branch,
        changes={path: _bytes(path, content) for path, content in body.changes.items()},
        message=body.message,
        parent=Oid(body.parent) if body.parent else None,
    )
    made = perform(action, actor(request))
    return Status(201, Committed(repository=repository, branch=body.branch, commit=made))


@router.get("/search", response=code.Found)
@declared(Permission.VIEW)
def search(request: HttpRequest, text: str, repository: str | None = None, limit: int = 200) -> code.Found:
    """Where a text stands in all code."""
    return code.search(text, repository, limit)


def _bytes(path: str, content: Content | None) -> bytes | None:
    if content is None:
        return None
    if (content.text is None) == (content.base64 is None):
        raise InvalidInput(f"{path} has no content, or two", "give text or base64, or null to remove it")
    if content.text is not None:
        return content.text.encode()
    try:
        return base64.b64decode(content.base64 or "", validate=True)
    except binascii.Error as error:
        raise InvalidInput(f"the content of {path} is no base64") from error
