"""A small application: what a request gets. `app:application` is its entry."""

import facts
import page


def application(environ, start_response):
    """Answers / with the page, /health with a word, /error with a fault, all else with 404."""
    path = environ.get("PATH_INFO") or "/"
    if path == "/":
        return answer(start_response, "200 OK", page.welcome(facts.release(), facts.process(), host(environ)))
    if path == "/health":
        return answer(start_response, "200 OK", "well\n", "text/plain")
    if path == "/error":
        raise RuntimeError("this error was asked for: it stands in the application's log, with this line")
    return answer(start_response, "404 Not Found", page.missing(path))


def answer(start_response, status, text, kind="text/html"):
    """One whole response."""
    body = text.encode()
    start_response(status, [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]


def host(environ):
    """The host by which the visitor came."""
    return environ.get("HTTP_HOST", "")
