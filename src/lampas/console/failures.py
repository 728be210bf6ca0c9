"""Errors as pages: what is wrong and what to do, under the status that fits the family."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from lampas.api.problems import status
from lampas.console.session import viewer_of
from lampas.errors import LampasError


@dataclass(frozen=True)
class Failure:
    """What an error page says."""

    status: int
    title: str
    message: str
    remedy: str


TITLES = {
    400: "This does not work as asked",
    403: "You may not do this",
    404: "There is nothing here",
    405: "Not this way",
    409: "This does not fit what is there now",
    422: "Something leads nowhere",
    500: "LAMPAS failed at this",
    502: "A program failed",
    503: "Something does not answer",
}


def answer(request: HttpRequest, error: LampasError) -> HttpResponse:
    """The page for an error."""
    code = status(error).value
    return page(request, Failure(code, TITLES.get(code, TITLES[500]), error.message, error.remedy))


def page(request: HttpRequest, failure: Failure) -> HttpResponse:
    """One error page, in the frame for those who are logged in and alone for others."""
    try:
        text = render_to_string("console/failure.html", {"failure": failure, "viewer": viewer_of(request)}, request)
    except DatabaseError:  # the page must come all the same: that the database is gone may be what it tells
        text = render_to_string("console/failure.html", {"failure": failure, "viewer": None})
    return HttpResponse(text, status=failure.status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """400, by Django itself: a host or a form that cannot be read."""
    return page(
        request, Failure(400, TITLES[400], "The request cannot be read.", "Go back, reload the page and try again.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """403, by Django itself."""
    return page(request, Failure(403, TITLES[403], "This is not allowed.", "Ask an administrator for a grant."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """404: no route has this address."""
    return page(
        request,
        Failure(
            404, TITLES[404], f"No page has the address {request.path}", "Start from the overview, or search the code."
        ),
    )


def broken(request: HttpRequest) -> HttpResponse:
    """500: a mistake of LAMPAS itself."""
    return page(
        request,
        Failure(
            500,
            TITLES[500],
            "This is a mistake in LAMPAS, not in what you asked for. Nothing was changed by halves.",
            "Try again; if it stays, the reason stands in HOME/logs/console.log, and lampas doctor may know more.",
        ),
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django calls it so
    """403: a form without this session's token."""
    return page(
        request,
        Failure(
            403,
            "The form was too old",
            "It was made for another session, so nothing was done.",
            "Go back, reload the page and send it again.",
        ),
    )
