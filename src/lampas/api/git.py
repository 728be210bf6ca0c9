"""git over HTTP under /git/NAME.git: who may do what, then on to the gateway. It does no git itself."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt

from lampas.api.permissions import ATTRIBUTE, Declared
from lampas.core.accounts import Actor, Permission
from lampas.core.names import repository_name
from lampas.errors import Denied, Failed, InvalidInput, LampasError, NotFound
from lampas.git import http
from lampas.git.conversation import Pusher
from lampas.store import tokens

_STATUS = ((NotFound, 404), (Denied, 403), (InvalidInput, 400), (Failed, 502))
_CHALLENGE = 'Basic realm="LAMPAS: any name, a token as the password", charset="UTF-8"'
_PASSED = ("CONTENT_TYPE", "HTTP_CONTENT_ENCODING", "HTTP_ACCEPT_ENCODING", "HTTP_GIT_PROTOCOL", "HTTP_USER_AGENT")


class _NoCredentials(Denied):
    """Nobody has said who they are, or what they said is not known."""


def repository(request: HttpRequest, name: str, rest: str) -> HttpResponseBase:
    """One request of a git client.

    Reads need the permission `view`, pushes `code`, on everything. Errors are one line of text, which git prints.
    """
    try:
        service, advertise = _service(request, rest)
        actor = _actor(request)
        actor.must(Permission.CODE if service == http.PUSH else Permission.VIEW)
        asked = _asked(request, name, service, advertise)
        answer = http.serve(settings.CONFIGURATION, asked, Pusher(actor.name, actor.door))
    except LampasError as error:
        return _refusal(error)
    except DatabaseError:
        connection.close()
        return _text(503, "the database does not answer; try again later")
    response = StreamingHttpResponse(answer.body, status=answer.status)
    response.headers.pop("Content-Type", None)
    for header, value in answer.headers.items():
        response[header] = value
    return response


def wrong_path(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Whatever else was asked for under /git/."""
    del request
    return _text(404, f"there is nothing at {rest[:100]}: repositories stand under /git/NAME.git")


def _service(request: HttpRequest, rest: str) -> tuple[str, bool]:
    """Which service is asked for, and whether it is only announced."""
    if request.method == "GET" and rest == "info/refs":
        service = request.GET.get("service", "")
        if service in (http.READ, http.PUSH):
            return service, True
        raise Denied("only git's smart protocol is served", "use git 1.6.6 or newer")
    if request.method == "POST" and rest in (http.READ, http.PUSH):
        if request.headers.get("Content-Type") != f"application/x-{rest}-request":
            raise InvalidInput("this is not a request of git")
        return rest, False
    raise NotFound("there is nothing here for a git client")


def _actor(request: HttpRequest) -> Actor:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic" or not value:
        raise _NoCredentials("a token is needed as the password", "make one: lampas token create")
    try:
        secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        secret = ""
    actor = tokens.actor_of(secret, "git") if secret else None
    if actor is None:
        raise _NoCredentials("this token is unknown, expired or revoked", "make one: lampas token create")
    return actor


def _asked(request: HttpRequest, name: str, service: str, advertise: bool) -> http.Asked:
    environ: dict[str, Any] = request.META
    try:
        repository = repository_name(name)
    except InvalidInput as error:
        raise NotFound(f"{error.message}: {error.remedy}") from error
    given = environ.get("CONTENT_LENGTH") or ""
    if given.isdigit():
        length: int | None = int(given)
    else:  # chunked: the server knows where the body ends
        length = None if environ.get("wsgi.input_terminated") else 0
    return http.Asked(
        repository=repository,
        service=service,
        advertise=advertise,
        headers={key: str(environ[key]) for key in _PASSED if environ.get(key)},
        length=length,
        body=environ["wsgi.input"],
    )


def _refusal(error: LampasError) -> HttpResponse:
    line = error.message + (f" ({error.remedy})" if error.remedy else "")
    if isinstance(error, _NoCredentials):
        response = _text(401, line)
        response["WWW-Authenticate"] = _CHALLENGE
        return response
    return _text(next((status for family, status in _STATUS if isinstance(error, family)), 500), line)


def _text(status: int, line: str) -> HttpResponse:
    return HttpResponse(line + "\n", status=status, content_type="text/plain; charset=utf-8")


# Both check by themselves, in git's own way: HTTP Basic, and one line of text for an answer.
_served, _unserved = csrf_exempt(repository), csrf_exempt(wrong_path)
setattr(_served, ATTRIBUTE, Declared(Permission.VIEW))
setattr(_unserved, ATTRIBUTE, Declared(Permission.PUBLIC))

urlpatterns: list[URLPattern | URLResolver] = [
    path("git/<str:name>.git/<path:rest>", _served, name="git"),
    path("git/<path:rest>", _unserved),
]
git_urls = urlpatterns
