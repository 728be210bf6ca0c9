"""Errors as RFC 9457 problem documents: one table from the families of errors to HTTP statuses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from lampas.errors import (
    Conflict,
    Denied,
    Failed,
    InvalidInput,
    LampasError,
    NotFound,
    Unreachable,
    Unresolved,
    UnsafePlan,
)

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class Unauthenticated(Denied):
    """Nobody who is known asks: no token, no session, or one that is not valid (any more)."""

    code = "unauthenticated"


STATUS: dict[type[LampasError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Unresolved: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unreachable: HTTPStatus.SERVICE_UNAVAILABLE,
    UnsafePlan: HTTPStatus.CONFLICT,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Denied: HTTPStatus.FORBIDDEN,
    Failed: HTTPStatus.BAD_GATEWAY,
    LampasError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status(error: LampasError) -> HTTPStatus:
    """The HTTP status of an error: that of the nearest family it belongs to."""
    return next(STATUS[family] for family in type(error).__mro__ if family in STATUS)


def problem(error: LampasError) -> HttpResponse:
    """The answer that tells a client of an error."""
    code = status(error)
    body = {
        "type": f"urn:lampas:error:{error.code}",
        "title": code.phrase,
        "status": code.value,
        "detail": error.message,
        "code": error.code,
        "remedy": error.remedy,
    }
    answer = HttpResponse(json.dumps(body), status=code.value, content_type=MEDIA_TYPE)
    if isinstance(error, Unauthenticated):
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def install(api: NinjaAPI) -> None:
    """Makes every error of the API's routes a problem document."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        LampasError: lambda _request, error: problem(error),
        ValidationError: _invalid,
        Http404: lambda _request, _error: problem(NotFound("there is nothing here")),
        HttpError: _http,
        OperationalError: _database,
        InterfaceError: _database,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    words = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors[:5]]
    return problem(InvalidInput("; ".join(words) or "the request cannot be read"))


def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(InvalidInput(error.message))
    return HttpResponse(error.message, status=error.status_code, content_type="text/plain")


def _database(request: HttpRequest, error: Exception) -> HttpResponse:
    _log.error("%s %s: the database: %s", request.method, request.path, error)
    return problem(Unreachable("the database does not answer", "see: lampas status"))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(LampasError("an unexpected error; it is in the console's log", "see: lampas doctor"))
