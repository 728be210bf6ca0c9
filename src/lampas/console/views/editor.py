"""The simple editor: a text, a message, a commit on top of what was opened. Nothing is overwritten silently."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

from lampas.actions.commit_files import CommitFiles
from lampas.actions.create_repository import CreateRepository
from lampas.actions.frame import perform
from lampas.console.differences import compare
from lampas.console.pages import WRITE, actor, page, show
from lampas.console.templatetags.lampas import pathquote
from lampas.console.views.code import locate, place
from lampas.core.accounts import Permission
from lampas.core.history.ports import HistoryReader
from lampas.core.names import Oid, RepositoryName, repository_name
from lampas.errors import Conflict, InvalidInput, LampasError, NotFound
from lampas.queries import browse
from lampas.queries import code as history


@page(Permission.VIEW, methods=WRITE)
def edit(request: HttpRequest, repo: str, path: str) -> HttpResponse:
    """Edits a file of a branch."""
    reader = history.reader()
    where = _branch(reader, repo, request.GET.get("at", ""))
    if request.method == "POST":
        return _save(request, reader, where, path)
    entry = locate(reader, repo, path, where.ref)[1]
    data = reader.blob(where.repository, entry.oid)
    if b"\0" in data:
        raise InvalidInput(f"{path} is a binary file and cannot be edited here", "change it in a clone and push it")
    text = data.decode(errors="surrogateescape")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"{path} is not written in UTF-8 and cannot be edited here", "change it in a clone and push it"
        ) from error
    return show(request, "code/editor.html", {**place(where, path), "text": text, "parent": where.commit})


@page(Permission.VIEW, methods=WRITE)
def new(request: HttpRequest, repo: str) -> HttpResponse:
    """Adds a file to a branch."""
    reader = history.reader()
    where = _branch(reader, repo, request.GET.get("at", ""))
    folder = request.GET.get("dir", "").strip("/")
    if request.method == "POST":
        path = request.POST.get("path", "").strip().strip("/")
        if reader.entry(where.repository, where.commit, path) is not None:
            problem = Conflict(f"{path} is there already", "choose another name, or edit the file")
            return _again(request, where, folder, problem, new=True)
        return _save(request, reader, where, path, new=True)
    start = f"{folder}/" if folder else ""
    values = {**place(where, folder), "new": True, "new_path": start, "text": "", "parent": where.commit}
    return show(request, "code/editor.html", values)


@page(Permission.VIEW, methods=("POST",))
def create(request: HttpRequest) -> HttpResponse:
    """Makes an empty repository."""
    try:
        name = repository_name(request.POST.get("name", "").strip())
        perform(CreateRepository(repository=name), actor(request))
    except LampasError as error:
        messages.error(request, f"{error.message}\n{error.remedy}".strip())
        return redirect("/code")
    return redirect(f"/code/{name}")


def _save(
    request: HttpRequest, reader: HistoryReader, where: browse.At, path: str, *, new: bool = False
) -> HttpResponse:
    parent = request.POST.get("parent", "")
    text = _lines(request, reader, where, path)
    message = request.POST.get("message", "").strip() or f"{'Add' if new else 'Change'} {path}"
    remove = request.POST.get("remove") == path and not new
    if request.POST.get("remove") and not remove:
        return _again(request, where, path, InvalidInput("to remove the file, type its whole path"), new=new)
    content = None if remove else text.encode()
    if not path:
        return _again(request, where, path, InvalidInput("the file needs a path"), new=new)
    action = CommitFiles(
        repository=where.repository,
        branch=where.ref,
        changes={path: content},
        message=message if not remove else f"Remove {path}",
        parent=Oid(parent),
    )
    try:
        commit = perform(action, actor(request))
    except Conflict:
        return _conflict(request, reader, where, path, text)
    except LampasError as error:
        return _again(request, where, path, error, new=new)
    if commit == parent:
        messages.info(request, "Nothing was changed, so nothing was committed.")
    else:
        messages.success(request, f"Committed as {commit[:8]} on {where.ref}.")
    at = "?" + urlencode({"at": where.ref})
    return redirect(f"/code/{where.repository}/{'tree' if remove else 'file'}/{'' if remove else pathquote(path)}{at}")


def _lines(request: HttpRequest, reader: HistoryReader, where: browse.At, path: str) -> str:
    """The text as it was meant: browsers send CR LF whatever the file had, so its own line ends are put back."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    try:
        entry = reader.entry(where.repository, Oid(request.POST.get("parent", "")), path)
        before = reader.blob(where.repository, entry.oid) if entry else b""
    except LampasError:
        before = b""
    if b"\r\n" in before and before.count(b"\r\n") == before.count(b"\n"):
        return text.replace("\n", "\r\n")
    return text


def _conflict(request: HttpRequest, reader: HistoryReader, where: browse.At, path: str, text: str) -> HttpResponse:
    """Somebody was faster: keep the text, show what they did, and let the author decide."""
    now = browse.at(reader, where.repository, where.ref) or where
    entry = reader.entry(now.repository, now.commit, path)
    theirs = reader.blob(now.repository, entry.oid) if entry else None
    newest = reader.log(now.repository, now.commit, path=path, limit=1)
    values = {
        **place(now, path),
        "text": text,
        "parent": now.commit,
        "message": request.POST.get("message", ""),
        "difference": compare(theirs, text.encode()),
        "newest": newest[0] if newest else None,
        "same": theirs == text.encode(),
        "conflict": True,
    }
    return show(request, "code/editor.html", values, status=409)


def _again(request: HttpRequest, where: browse.At, path: str, problem: LampasError, *, new: bool) -> HttpResponse:
    values = {
        **place(where, path),
        "problem": problem,
        "text": request.POST.get("text", ""),
        "parent": request.POST.get("parent", ""),
        "message": request.POST.get("message", ""),
        "new": new,
        "new_path": request.POST.get("path", ""),
        "kept": True,
    }
    return show(request, "code/editor.html", values, status=422)


def _branch(reader: HistoryReader, repo: str, ref: str) -> browse.At:
    where = browse.at(reader, RepositoryName(repo), ref)
    if where is None:
        raise NotFound(f"{repo} is empty", "push a first commit to it")
    if not where.editable:
        raise InvalidInput(f"{where.ref} is not a branch, so nothing can be committed on it", "choose a branch")
    return where
