"""Imports an application exactly as the app.wsgi of its unit does, asks it for some paths, and says by its exit status
whether that worked.

It runs inside a release, under the release's own Python, given as text: `python -P -c TEXT ENTRY ROOT [HOST PATH…]`.
It knows nothing of LAMPAS. 0: all is well; 70: the import failed, or a request was answered by 5xx or raised; the
traceback is on stderr, also where a framework caught it and only logged it.
"""

import importlib
import io
import logging
import os
import sys
import traceback
from urllib.parse import unquote_to_bytes

FAILED = 70
_LONGEST = 64 << 20  # bytes of an answer that are read


def load(entry: str) -> object:
    """Follows `module:attribute`, or calls `module:factory()`."""
    module, _, attribute = entry.partition(":")
    attribute = attribute or "application"
    found: object = importlib.import_module(module)
    for name in attribute.removesuffix("()").split("."):
        found = getattr(found, name)
    if attribute.endswith("()"):
        found = found()  # type: ignore[operator]
    if not callable(found):
        raise TypeError(f"{entry} is not a WSGI application: it is a {type(found).__name__}")
    return found


def catch() -> list[str]:
    """Keeps the exceptions that are logged from now on, whatever the application's own logging does with them."""
    texts: list[str] = []
    pass_on = logging.Logger.callHandlers

    def hear(logger: logging.Logger, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0]:
            texts.append("".join(traceback.format_exception(*record.exc_info)))
        pass_on(logger, record)

    logging.Logger.callHandlers = hear  # type: ignore[method-assign, assignment]
    return texts


def environ(host: str, path: str) -> dict[str, object]:
    """What a GET of a path is for an application."""
    name, _, port = host.partition(":")
    where, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(where).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": path,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": host,
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "verification",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def ask(application: object, host: str, path: str) -> str:
    """Asks for a path; returns the status line of the answer."""
    answered: list[str] = []

    def start_response(status: str, _: object, exc_info: object = None) -> object:
        if exc_info:
            traceback.print_exception(*exc_info)  # type: ignore[misc]
        answered.append(status)
        return lambda _: None

    body = application(environ(host, path), start_response)  # type: ignore[operator]
    try:
        size = 0
        for part in body:
            size += len(part)
            if size > _LONGEST:
                break
    finally:
        if hasattr(body, "close"):
            body.close()
    return answered[-1] if answered else "500 it did not say how it answers"


def own(error: BaseException) -> str:
    """Its traceback, from the application's first line on."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename == "<string>":
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def requested(application: object, host: str, path: str, caught: list[str]) -> bool:
    """Whether a path is answered as it must be; says why not."""
    caught.clear()
    try:
        status = ask(application, host, path)
    except BaseException as error:  # noqa: BLE001 - an application may raise anything
        sys.stderr.write(f"GET {path} raised:\n{own(error)}")
        return False
    if status.startswith("5"):
        sys.stderr.write(f"GET {path} was answered by {status}\n{''.join(dict.fromkeys(caught))}")
        return False
    sys.stderr.write(f"GET {path} was answered by {status}\n")
    return True


def main(entry: str, root: str, host: str = "", *paths: str) -> int:
    """Tries it; returns the exit status."""
    sys.path.insert(0, root)
    sys.argv = ["mod_wsgi"]
    caught = catch() if paths else []
    try:
        application = load(entry)
    except BaseException as error:  # noqa: BLE001 - an application may raise anything, SystemExit too
        sys.stderr.write(own(error))
        return FAILED
    passed = [requested(application, host, path, caught) for path in paths]
    return 0 if all(passed) else FAILED


if __name__ == "__main__":
    ended = main(*sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ended)  # threads that the application keeps are no reason to wait
