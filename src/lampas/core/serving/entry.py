"""The entry of an application, and the app.wsgi made of it: it imports the entry and answers for its readiness."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lampas.errors import InvalidInput

_ENTRY = re.compile(
    r"(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*):(?P<attribute>[^\W\d]\w*(?:\.[^\W\d]\w*)*)(?P<call>\(\))?"
)

_TEMPLATE = '''\
"""Written by LAMPAS: imports {entry} and answers for the readiness of its process."""

import importlib
import os


def _load():
    found = importlib.import_module("{module}")
    for name in "{attribute}".split("."):
        found = getattr(found, name)
    application = {load}
    if not callable(application):
        raise TypeError("{entry} is not a WSGI application: it is a " + type(application).__name__)
    return application


_application = _load()


def application(environ, start_response):
    environ.pop("HTTP_LAMPAS_FRONT", None)
    if "HTTP_LAMPAS_READY" in environ:
        start_response("204 No Content", [("Lampas-Process", str(os.getpid()))])
        return []
    return _application(environ, start_response)
'''


@dataclass(frozen=True)
class Entry:
    """Where an application starts: an attribute of a module, or what calling it gives."""

    module: str
    attribute: str
    call: bool

    @staticmethod
    def parse(text: str) -> Entry:
        """Reads `module:attribute` or `module:factory()`; `module` alone means `module:application`.

        Raises:
            InvalidInput: It is neither.
        """
        found = _ENTRY.fullmatch(text if ":" in text else f"{text}:application")
        if not found:
            raise InvalidInput(
                f"{text!r} is not an entry", "write module:attribute, or module:factory() for a function that makes it"
            )
        return Entry(found["module"], found["attribute"], bool(found["call"]))

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}{'()' if self.call else ''}"


def app_wsgi(entry: Entry) -> str:
    """The whole text of app.wsgi.

    The application's import runs when the process starts; a request with the header `Lampas-Ready` gets the pid
    without entering the application, so being asked has no effect on it.
    """
    return _TEMPLATE.format(
        entry=entry,
        module=entry.module,
        attribute=entry.attribute,
        load="found()" if entry.call else "found",
    )
