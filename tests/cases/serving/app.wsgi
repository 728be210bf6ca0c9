"""Written by LAMPAS: imports shop:make_app() and answers for the readiness of its process."""

import importlib
import os


def _load():
    found = importlib.import_module("shop")
    for name in "make_app".split("."):
        found = getattr(found, name)
    application = found()
    if not callable(application):
        raise TypeError("shop:make_app() is not a WSGI application: it is a " + type(application).__name__)
    return application


_application = _load()


def application(environ, start_response):
    environ.pop("HTTP_LAMPAS_FRONT", None)
    if "HTTP_LAMPAS_READY" in environ:
        start_response("204 No Content", [("Lampas-Process", str(os.getpid()))])
        return []
    return _application(environ, start_response)
